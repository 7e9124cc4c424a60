import type { Adapter } from "../lease/adapter.js";
import { createConnectionSlots } from "../lease/connection-slots.js";
import { type ScriptedDb, ScriptedDriver } from "./scripted-driver.js";

/** An adapter whose connections are those of `driver`. */
export function scriptedAdapter(driver: ScriptedDriver = new ScriptedDriver()): Adapter<ScriptedDb> {
  return { engine: "postgres", create: (options) => createConnectionSlots(driver, options) };
}
