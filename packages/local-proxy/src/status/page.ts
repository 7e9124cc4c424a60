import { pageScript } from "./page-script.js";
import { pageStyle } from "./page-style.js";

/** The page: shows `/state`, once a second, and sends what its buttons ask for to `/faults`. */
export const page: string = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Local RDS Proxy</title>
<link rel="icon" href="data:,">
<style>${pageStyle}</style>
<header><h1>Local RDS Proxy</h1> <code id="url"></code> <span id="lost" role="status" hidden>not running</span></header>
<p id="failure" role="alert" hidden></p>
<div id="numbers"></div>
<div id="gauge" role="img" aria-label="database connections"></div>
<h2>The last five minutes</h2>
<div id="history"></div>
<h2>Clients</h2>
<div class="scroll"><table><thead><tr><th>client<th>from<th>user<th>state<th>queries<th>waits<th>database connection</thead><tbody id="clients"></tbody></table></div>
<h2>Pinned sessions</h2>
<div class="scroll"><table><thead><tr><th>client<th>database connection<th>statement<th>reason</thead><tbody id="pins"></tbody></table></div>
<h2>Refused clients</h2>
<div class="scroll"><table><thead><tr><th>time<th>client<th>from<th>error<th>reason</thead><tbody id="refusals"></tbody></table></div>
<h2>Faults</h2>
<div id="faults"></div>
<p id="outcome" role="status"></p>
<script type="module">${pageScript}</script>
</html>
`;
