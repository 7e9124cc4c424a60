/** The page's style: one column on a phone, and dark where the reader's system is. */
export const pageStyle = `
  :root {
    --ink: #1b2733; --soft: #5a6b7b; --line: #dde3e9; --ground: #fff; --raised: #f4f6f8; --pale: #b8c9da;
    --blue: #2468b4; --orange: #c4521d; --red: #b3261e; --pinned: #fdf1ea; --waiting: #fdf9e3; --refused: #fdecea;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --ink: #dce4ec; --soft: #93a4b5; --line: #2c3742; --ground: #14191f; --raised: #1d252d; --pale: #46586a;
      --blue: #6aa9ee; --orange: #f08a57; --red: #f2877f; --pinned: #3a2619; --waiting: #37321a; --refused: #3d1f1d;
    }
  }
  * { box-sizing: border-box; }
  body {
    font: 14px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 76rem; padding: 1rem;
    color: var(--ink); background: var(--ground);
  }
  header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem .8rem; }
  h1 { font-size: 1.3rem; margin: 0; } h2 { font-size: 1rem; margin: 1.6rem 0 .4rem; }
  code, td.sql { font-family: ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
  #lost { color: var(--red); font-weight: 600; }
  #failure { background: var(--refused); border-left: 4px solid var(--red); margin: 1rem 0 0; padding: .5rem .8rem; overflow-wrap: anywhere; }
  #numbers { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .6rem; margin: 1rem 0; }
  #numbers div { background: var(--raised); border-radius: 6px; padding: .4rem .7rem; color: var(--soft); }
  #numbers b { display: block; font-size: 1.3rem; color: var(--ink); }
  #gauge { height: .8rem; background: var(--raised); border-radius: 4px; display: flex; overflow: hidden; }
  #gauge i { height: 100%; } .borrowed { background: var(--blue); } .pinned { background: var(--orange); } .idle { background: var(--pale); }
  #history { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .8rem; }
  #history figure { margin: 0; background: var(--raised); border-radius: 6px; padding: .4rem .7rem; min-width: 0; }
  #history figcaption { display: flex; justify-content: space-between; color: var(--soft); }
  #history svg { display: block; width: 100%; height: 3rem; } #history polyline { fill: none; stroke: var(--blue); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
  .scroll { overflow-x: auto; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
  th { font-weight: 600; color: var(--soft); } .none { color: var(--soft); }
  tr.is-pinned td { background: var(--pinned); } tr.is-waiting td { background: var(--waiting); }
  #faults { display: flex; flex-wrap: wrap; gap: .6rem; }
  #faults form { display: flex; gap: .3rem; background: var(--raised); border-radius: 6px; padding: .4rem; max-width: 100%; }
  select, button {
    font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: 4px;
    padding: .3rem .6rem; min-width: 0;
  }
  button { cursor: pointer; } button:hover { border-color: var(--blue); }
  #outcome:empty { display: none; }
  @media (max-width: 40rem) {
    thead { display: none; }
    table, tbody, tr, td { display: block; }
    tr { border-bottom: 1px solid var(--line); padding: .3rem 0; }
    td { border: 0; padding: 0 .4rem; overflow-wrap: anywhere; }
    td[data-name]:not(:empty)::before { content: attr(data-name) ": "; color: var(--soft); font-family: system-ui, sans-serif; }
    td:empty { display: none; }
  }
`;
