/** The table and the growth curves as one picture. */

import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import { type Calls, callsAsJson } from './calls.ts'
import type { Curve } from './growth.ts'
import { BARE_SET } from './hosts/limit.ts'

/** SVG of whatever was measured. */
export async function chartSvg(calls: Calls | undefined, curves: readonly Curve[]): Promise<string> {
  const parts = [
    ...(calls === undefined ? [] : [callsChart(calls)]),
    ...(curves.length === 0 ? [] : [growthChart(curves)]),
  ]
  const specification = {
    vconcat: parts,
    config: { view: { stroke: '#ddd' }, background: 'white', axis: { labelLimit: 300, gridOpacity: 0.4 } },
    spacing: 40,
  }
  const { spec } = compile(specification as TopLevelSpec)
  return new View(parse(spec), { renderer: 'none' }).toSVG()
}

/** One row a pattern, one mark a host; the axis is logarithmic. */
function callsChart(calls: Calls): object {
  const values = callsAsJson(calls).filter(({ host }) => host !== BARE_SET)
  const hosts = [...new Set(values.map(({ host }) => host))]
  return {
    title: 'Nanoseconds per operation',
    data: { values },
    width: 700,
    height: { step: 22 },
    encoding: {
      y: { field: 'pattern', type: 'nominal', sort: null, title: null },
      x: {
        field: 'ns',
        type: 'quantitative',
        scale: { type: 'log' },
        title: 'ns (logarithmic)',
        axis: { format: '~s' },
      },
    },
    layer: [
      {
        mark: { type: 'rule', color: '#ddd' },
        encoding: { x: { aggregate: 'min', field: 'ns' }, x2: { aggregate: 'max', field: 'ns' } },
      },
      {
        mark: { type: 'point', filled: true, size: 70, opacity: 0.85 },
        encoding: {
          color: { field: 'host', type: 'nominal', sort: hosts, title: 'host', scale: { scheme: 'tableau10' } },
          shape: { field: 'host', type: 'nominal', sort: hosts, title: 'host' },
        },
      },
    ],
  }
}

/** One small chart a curve, both axes logarithmic: what is level is linear in all. */
function growthChart(curves: readonly Curve[]): object {
  const names = [...new Set(curves.map(({ name }) => name))]
  const values = curves.flatMap(({ name, host, points }) => points.map(({ n, ns }) => ({ name, host, n, ns: ns / n })))
  return {
    title: 'Nanoseconds per operation as n grows (level: linear in all)',
    data: { values },
    facet: { field: 'name', type: 'nominal', sort: names, title: null },
    columns: 3,
    spec: {
      width: 210,
      height: 140,
      mark: { type: 'line', point: true },
      encoding: {
        x: {
          field: 'n',
          type: 'quantitative',
          scale: { type: 'log' },
          axis: { format: '~s', values: [1e3, 1e4, 1e5, 1e6] },
        },
        y: {
          field: 'ns',
          type: 'quantitative',
          scale: { type: 'log', nice: true },
          title: 'ns',
          axis: { format: '~s', tickCount: 4 },
        },
        color: { field: 'host', type: 'nominal', title: 'host', scale: { scheme: 'tableau10' } },
      },
    },
  }
}
