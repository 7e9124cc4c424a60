import type { Socket } from "node:net";
import { type Readable, Transform } from "node:stream";

/** About what a round trip takes between a Lambda function and a proxy in the same region. */
const roundTripMs = 1;

/** Has a server's answers come as late as from another computer. */
export function fromADistance(server: Socket): Readable {
  return server.pipe(
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        // Timers of the same length keep their order, and what comes meanwhile does not wait for this.
        setTimeout(() => this.push(chunk), roundTripMs);
        done();
      },
      flush(done) {
        setTimeout(done, roundTripMs);
      },
    }),
  );
}
