#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/** The words of a text with how often each comes, the most frequent first, and those that come as often by the alphabet. */
std::vector<std::pair<std::string, int>> count_words(std::string_view text);
