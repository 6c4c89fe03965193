#include "words.h"

#include <algorithm>
#include <unordered_map>

std::vector<std::pair<std::string, int>> count_words(std::string_view text) {
  std::unordered_map<std::string, int> counts;
  std::string word;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
    if (c >= 'a' && c <= 'z') word += c;
    else if (!word.empty()) counts[std::exchange(word, {})]++;
  }
  if (!word.empty()) counts[word]++;
  // The order of a hash table is not one to show.
  std::vector<std::pair<std::string, int>> sorted(counts.begin(), counts.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto &a, const auto &b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return sorted;
}
