import { PassThrough } from "node:stream";
import middy from "@middy/core";
import { executionModeStreamifyResponse } from "@middy/core/StreamifyResponse";
import { rdsProxy } from "@rds-proxy/middleware";
import QueryStream from "pg-query-stream";

/** A streamed response, and how it ends. */
export interface StreamedRows {
  readonly rows: number;
  /** Fails in the query that is streamed, after its first rows. */
  readonly fails?: boolean;
}

export const handler = middy<StreamedRows>({ executionMode: executionModeStreamifyResponse })
  .use(rdsProxy())
  .handler(async ({ rows, fails = false }, { db }) => {
    const value = fails ? `100 / (${rows} - i)` : "i";
    const found = db.query(
      new QueryStream(`select ${value} as i from generate_series(1, ${rows}) i`, [], { batchSize: 10 }),
    );
    const lines = new PassThrough({ writableObjectMode: true });
    found.on("data", ({ i }: { i: number }) => lines.write(`${i}\n`));
    found.on("end", () => lines.end());
    found.on("error", (error: Error) => lines.destroy(error));
    return lines;
  });
