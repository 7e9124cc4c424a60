import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { LocalProxyOptions } from "@rds-proxy/local-proxy";
import pg from "pg";
import { inject, onTestFinished } from "vitest";

/** A PostgreSQL database of its own with the examples' tables, until the end of the test. */
export async function createShop(): Promise<LocalProxyOptions["upstream"]> {
  const server = inject("postgres");
  const database = `shop_${randomUUID().replaceAll("-", "")}`;
  const admin = new pg.Client(server);
  await admin.connect();
  await admin.query(`create database ${database}`);
  onTestFinished(async () => {
    await admin.query(`drop database ${database} with (force)`);
    await admin.end();
  });
  const upstream = { ...server, database };
  const shop = new pg.Client(upstream);
  await shop.connect();
  await shop.query(await readFile(new URL("schema/postgres.sql", import.meta.url), "utf8"));
  await shop.end();
  return upstream;
}
