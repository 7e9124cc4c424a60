export { type DrizzleAdapterOptions, type DrizzleDatabase, drizzleAdapter } from "./drizzle-adapter.js";
