/**
 * Writes a C program of 52 files: forty-eight elementary cellular automata, each rule in a file of its own as the sum of
 * its minterms, and the four files that run them. The same rules give the same files.
 */

const RULES = Array.from({ length: 48 }, (_, index) => 1 + index * 5)

/** The sources by their names. */
export function program(): { readonly [name: string]: string } {
  return {
    'automaton.h': HEADER,
    'rules.h': rulesHeader(),
    'main.c': MAIN,
    'grid.c': GRID,
    'report.c': REPORT,
    'checksum.c': CHECKSUM,
    ...Object.fromEntries(RULES.map((rule) => [`rules/rule_${rule}.c`, ruleSource(rule)])),
  }
}

function rulesHeader(): string {
  const lines = RULES.map((rule) => `extern const struct rule rule_${rule};`)
  const list = RULES.map((rule) => `&rule_${rule}`).join(', ')
  return `#pragma once\n#include "automaton.h"\n${lines.join('\n')}\n#define RULES { ${list} }\n#define RULE_COUNT ${RULES.length}\n`
}

/** The rule's number in binary says which of the eight neighbourhoods make a cell live. */
function ruleSource(rule: number): string {
  const terms = Array.from({ length: 8 }, (_, cells) => cells)
    .filter((cells) => (rule & (1 << cells)) !== 0)
    .map((cells) => ['left', 'middle', 'right'].map((name, at) => (cells & (4 >> at) ? name : `!${name}`)).join(' && '))
  return `#include "../automaton.h"

static bool next(bool left, bool middle, bool right) {
  return ${terms.map((term) => `(${term})`).join('\n      || ')};
}

const struct rule rule_${rule} = { .number = ${rule}, .next = next };
`
}

const HEADER = `#pragma once
#include <stdbool.h>
#include <stdint.h>

#define WIDTH 79
#define HEIGHT 40

struct rule {
  int number;
  bool (*next)(bool left, bool middle, bool right);
};

struct grid {
  bool cells[HEIGHT][WIDTH];
};

void grid_run(struct grid *grid, const struct rule *rule);
int grid_alive(const struct grid *grid);
uint32_t checksum(const struct grid *grid);
void report_line(const struct rule *rule, const struct grid *grid);
void report_picture(const struct grid *grid);
`

const GRID = `#include "automaton.h"
#include <string.h>

void grid_run(struct grid *grid, const struct rule *rule) {
  memset(grid, 0, sizeof *grid);
  grid->cells[0][WIDTH / 2] = true;
  for (int y = 1; y < HEIGHT; y++) {
    const bool *before = grid->cells[y - 1];
    for (int x = 0; x < WIDTH; x++) {
      bool left = x > 0 && before[x - 1];
      bool right = x < WIDTH - 1 && before[x + 1];
      grid->cells[y][x] = rule->next(left, before[x], right);
    }
  }
}

int grid_alive(const struct grid *grid) {
  int alive = 0;
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++) alive += grid->cells[y][x];
  return alive;
}
`

const CHECKSUM = `#include "automaton.h"

uint32_t checksum(const struct grid *grid) {
  uint32_t sum = 2166136261u;
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++) sum = (sum ^ grid->cells[y][x]) * 16777619u;
  return sum;
}
`

const REPORT = `#include "automaton.h"
#include <inttypes.h>
#include <stdio.h>

void report_line(const struct rule *rule, const struct grid *grid) {
  double share = 100.0 * grid_alive(grid) / (WIDTH * HEIGHT);
  printf("rule %3d  %5.1f %% alive  %08" PRIx32 "\\n", rule->number, share, checksum(grid));
}

void report_picture(const struct grid *grid) {
  for (int y = 0; y < HEIGHT; y++) {
    for (int x = 0; x < WIDTH; x++) putchar(grid->cells[y][x] ? '#' : ' ');
    putchar('\\n');
  }
}
`

const MAIN = `#include "rules.h"
#include <stdio.h>
#include <stdlib.h>

/* Without an argument a line for each rule; with a rule's number its picture. */
int main(int argc, char **argv) {
  static const struct rule *const rules[RULE_COUNT] = RULES;
  static struct grid grid;
  int wanted = argc > 1 ? atoi(argv[1]) : 0;
  for (int at = 0; at < RULE_COUNT; at++) {
    if (wanted != 0 && rules[at]->number != wanted) continue;
    grid_run(&grid, rules[at]);
    if (wanted != 0) report_picture(&grid);
    report_line(rules[at], &grid);
  }
  return 0;
}
`
