#include "words.h"

#include <cstdio>

int main() {
  std::string text;
  for (int c; (c = std::getchar()) != EOF;) text += static_cast<char>(c);
  for (const auto &[word, count] : count_words(text)) std::printf("%d\t%s\n", count, word.c_str());
}
