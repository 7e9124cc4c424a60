import type { Random } from "./random.js";

const telling = [0, 1, 4, 0x7f, 0x80, 0xfb, 0xfc, 0xfe, 0xff, 39, 34, 36, 47, 42, 92];

/** An input of the corpus with one to four mutations. */
export function mutate(corpus: readonly Buffer[], random: Random): Buffer {
  let bytes = pick(corpus, random);
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(bytes.length + 1);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    const length = 1 + random(8);
    switch (random(6)) {
      case 0:
        bytes = Buffer.concat([before, Buffer.from([random(256)]), after.subarray(1)]);
        break;
      case 1:
        bytes = Buffer.concat([before, Buffer.from([telling[random(telling.length)] ?? 0]), after]);
        break;
      case 2:
        bytes = Buffer.concat([before, after.subarray(length)]);
        break;
      case 3:
        bytes = Buffer.concat([before, after.subarray(0, length), after]);
        break;
      case 4:
        bytes = before;
        break;
      default: {
        const other = pick(corpus, random);
        bytes = Buffer.concat([before, other.subarray(random(other.length + 1))]);
      }
    }
  }
  return bytes.subarray(0, 4096);
}

function pick(corpus: readonly Buffer[], random: Random): Buffer {
  return corpus[random(corpus.length)] ?? Buffer.alloc(0);
}
