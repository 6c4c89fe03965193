/**
 * A site: TypeScript through esbuild, Markdown through pandoc. What is written lies below the same directory as what is
 * read, since source maps say the way from one to the other.
 */

import { defineBuild, esbuild, pandoc } from 'vivarium/build'

export default defineBuild({
  epoch: '2026-01-01T00:00:00Z',
  sources: { '/site': { folder: '.', include: ['src/**', 'text/**'] } },
  steps: [
    esbuild({
      entries: ['/site/src/main.ts'],
      inputs: ['/site/src/'],
      output: '/site/out/app/',
      flags: ['--minify', '--sourcemap', '--format=iife'],
    }),
    pandoc({ sources: ['/site/text/*.md'], output: '/site/out/', to: 'html', flags: ['--standalone'] }),
  ],
  outputs: { app: '/site/out/app/', 'index.html': '/site/out/index.html', 'more.html': '/site/out/more.html' },
})
