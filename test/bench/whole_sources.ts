/** Inputs for whole programs, the same every time. */

/** A C program of about so many lines, of functions that call each other and libc. */
export function cSource(lines: number): string {
  const head = ['#include <stdint.h>', '#include <stdio.h>', '#include <stdlib.h>', '#include <string.h>', '']
  const each = (i: number): string[] => [
    `struct item${i} { uint32_t key; double weight; char name[${8 + (i % 9)}]; };`,
    `static double sum${i}(const struct item${i} *items, size_t count) {`,
    '  double total = 0;',
    '  for (size_t at = 0; at < count; at++) {',
    `    if (items[at].key % ${2 + (i % 7)} == 0) total += items[at].weight * ${i};`,
    '    else total -= (double)strlen(items[at].name);',
    '  }',
    '  return total;',
    '}',
    `double work${i}(uint32_t seed) {`,
    `  struct item${i} items[${4 + (i % 13)}];`,
    '  for (size_t at = 0; at < sizeof items / sizeof *items; at++) {',
    '    items[at].key = seed = seed * 1664525u + 1013904223u;',
    '    items[at].weight = (double)(seed >> 8) / 16777216.0;',
    '    snprintf(items[at].name, sizeof items[at].name, "%u", (unsigned)(seed & 4095));',
    '  }',
    `  double total = sum${i}(items, sizeof items / sizeof *items);`,
    i === 0 ? '  return total;' : `  return total > 0 ? total : work${i - 1}(seed);`,
    '}',
    '',
  ]
  const count = Math.floor((lines - head.length - 5) / each(0).length)
  const body = Array.from({ length: count }, (_, i) => each(i)).flat()
  const main = [
    'int main(int argc, char **argv) {',
    `  printf("%f\\n", work${count - 1}((uint32_t)argc));`,
    '  return argv[0] == NULL;',
    '}',
    '',
  ]
  return [...head, ...body, ...main].join('\n')
}

/** A TypeScript project in `/app/src` of so many files: modules in folders, each importing some before it. */
export function scriptProject(files: number): { readonly [path: string]: string } {
  const project: Record<string, string> = {}
  const place = (i: number): string => `part${i % 20}/module${i}.ts`
  for (let i = 0; i < files - 1; i++) {
    const used = [i - 1, i - 7, i >> 1].filter((other, at, all) => other >= 0 && other < i && all.indexOf(other) === at)
    project[`/app/src/${place(i)}`] = [
      ...used.map((other) => `import { value${other} } from '../${place(other)}'`),
      `export interface Shape${i} { readonly name: string; readonly sides: number }`,
      `const shapes: Shape${i}[] = [{ name: 'a${i}', sides: ${i % 9} }, { name: 'b${i}', sides: ${i % 5} }]`,
      `export const value${i}: number = shapes.reduce((sum, { sides }) => sum + sides, 0)${used.map((other) => ` + value${other}`).join('')}`,
      `export function describe${i}(shape: Shape${i}): string { return shape.name + ' has ' + shape.sides }`,
      '',
    ].join('\n')
  }
  const last = files - 2
  project['/app/src/main.ts'] =
    `import { value${last}, describe${last} } from './${place(last)}'\nconsole.log(value${last}, describe${last}({ name: 'x', sides: 3 }))\n`
  return project
}

/** Markdown of about so many bytes: headings, lists, code, tables, links. */
export function markdown(bytes: number): string {
  const sections: string[] = []
  let size = 0
  for (let i = 0; size < bytes; i++) {
    const section = [
      `## Section ${i}`,
      '',
      `Some *emphasis*, some **strength**, \`code\` and a [link](https://example.org/${i}) in a paragraph that is long`,
      'enough to be wrapped over more than one line, with a footnote here and there, as people write them.',
      '',
      `- first of ${i}`,
      '- second, with a nested list',
      `    - nested ${i % 7}`,
      '- third',
      '',
      '| name | value |',
      '|------|------:|',
      `| n${i} | ${i * 17} |`,
      '',
      '```c',
      `int f${i}(void) { return ${i}; }`,
      '```',
      '',
    ].join('\n')
    sections.push(section)
    size += section.length + 1
  }
  return sections.join('\n')
}
