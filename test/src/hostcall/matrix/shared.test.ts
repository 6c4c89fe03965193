/** Runs all lines again with a guest whose memory is shared, and with a record kept of each call: the answers are the same. */

import { allCases } from './all.ts'
import { describeMatrix } from './types.ts'

describeMatrix(allCases, { memory: 'shared', run: { trace: 'records' } })
