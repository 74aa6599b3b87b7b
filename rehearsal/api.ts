// The simulated clouds as the deploy command asks them: what runs is told from their memory, what visitors met from the rehearsal's script.
import type { CloudApi } from "../automation/cloud";
import type { Reading, Track } from "../automation/metrics";

/** What visitors and probes meet, unless a script says otherwise: enough requests, all of them good. */
export const goodReading: Reading = { requests: 1000, errors: 0, p95Ms: 120, health: "healthy" };

export interface Script {
  /** What differs from a good reading. */
  readonly reading?: (track: Track) => Partial<Reading>;
}

export function simulatedApi({ reading = () => ({}) }: Script = {}): CloudApi {
  return {
    metrics: { lateSeconds: 120, read: (track) => Promise.resolve({ ...goodReading, ...reading(track) }) },
  };
}
