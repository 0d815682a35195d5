/** The real worker, in a world with faults. */
import './faults-in-worker.ts'
import '../../../worker/main.ts'
