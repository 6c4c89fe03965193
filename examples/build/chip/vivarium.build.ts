/** A Verilog design through yosys: a netlist of gates, as Verilog and as JSON. */

import { defineBuild, yosys } from 'vivarium/build'

export default defineBuild({
  epoch: '2026-01-01T00:00:00Z',
  sources: { '/src': 'src' },
  steps: [
    yosys({
      sources: ['/src/*.v'],
      script: 'synth -noabc -top counter; write_json /out/counter.json; write_verilog -noattr /out/counter.v',
      outputs: ['/out/counter.json', '/out/counter.v'],
    }),
  ],
  outputs: ['/out/counter.json', '/out/counter.v'],
})
