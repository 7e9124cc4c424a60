import type { MatrixCell } from "./dimensions.js";

/** MySQL knows names of zones only once their tables are loaded. */
export const ZONES: Readonly<Record<MatrixCell["zone"], { name: string; offset: string }>> = {
  utc: { name: "UTC", offset: "+00:00" },
  kathmandu: { name: "Asia/Kathmandu", offset: "+05:45" },
  newfoundland: { name: "America/St_Johns", offset: "-03:30" },
};
