/** Runs the lines of sockets. */

import { sockCases } from './sock.ts'
import { describeMatrix } from './types.ts'

describeMatrix(sockCases)
