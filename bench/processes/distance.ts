import type { Socket } from "node:net";
import { type Readable, Transform } from "node:stream";

/** About a round trip between a Lambda function and a proxy in the same region. */
const roundTripMs = 1;

/** Delays a server's answers as a network does. */
export function fromADistance(server: Socket): Readable {
  return server.pipe(
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        // Timers of equal length keep their order; the next chunk does not wait for this one.
        setTimeout(() => this.push(chunk), roundTripMs);
        done();
      },
      flush(done) {
        setTimeout(done, roundTripMs);
      },
    }),
  );
}
