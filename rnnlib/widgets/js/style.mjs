/** The widgets' styles, all under `.rnn-widget`. Colours follow the page's theme: the book's, JupyterLab's, VS Code's,
 * Colab's, else the system's. Text has a contrast of 4.5 or more in both themes, lines 3 or more. */

const LIGHT = `
  --rnn-ink: #1d232b; --rnn-soft: #545f6b; --rnn-paper: #ffffff; --rnn-panel: #f5f7f9; --rnn-line: #dfe4ea;
  --rnn-edge: #7c8896; --rnn-accent: #0a5ea8; --rnn-on-accent: #ffffff; --rnn-tint: #e8f1fa;
  --rnn-a: #c2460a; --rnn-b: #0d7a70; --rnn-c: #6b41c8; --rnn-good: #1a7a36; --rnn-bad: #b3261e; --rnn-flash: #ffe58a;
  color-scheme: light;`;

const DARK = `
  --rnn-ink: #e7eaee; --rnn-soft: #a8b2bd; --rnn-paper: #161b22; --rnn-panel: #1e252e; --rnn-line: #343e4a;
  --rnn-edge: #7e8b99; --rnn-accent: #79bcff; --rnn-on-accent: #0b1620; --rnn-tint: #1d3147;
  --rnn-a: #ff9f5f; --rnn-b: #4bd0c3; --rnn-c: #bba2ff; --rnn-good: #6edb8b; --rnn-bad: #ff9c94; --rnn-flash: #6b5200;
  color-scheme: dark;`;

const under = (places) => places.map((place) => `${place} .rnn-widget`).join(", ");
const LIGHT_PLACES = ['html[data-theme="light"]', 'body[data-jp-theme-light="true"]', "body.vscode-light", 'html[theme="light"]'];
const DARK_PLACES = ['html[data-theme="dark"]', 'body[data-jp-theme-light="false"]', "body.vscode-dark", 'html[theme="dark"]'];

/** @type {string} */
export const STYLES = `
.rnn-widget {${LIGHT} }
@media (prefers-color-scheme: dark) { .rnn-widget {${DARK} } }
${under(LIGHT_PLACES)} {${LIGHT} }
${under(DARK_PLACES)} {${DARK} }

figure.rnn-widget { margin: 1.5rem 0; scroll-margin-top: 5rem; }
.rnn-ready > .rnn-still { display: none; }

.rnn-live {
  container-type: inline-size; color: var(--rnn-ink); background: var(--rnn-paper);
  border: 1px solid var(--rnn-line); border-radius: 12px; padding: clamp(0.75rem, 3vw, 1.5rem);
  font: 400 0.9375rem/1.5 var(--pst-font-family-base, system-ui), -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; text-align: left; overflow-wrap: break-word;
}
.rnn-live *, .rnn-live *::before, .rnn-live *::after { box-sizing: border-box; }
.rnn-live p { margin: 0; }
.rnn-body { display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 1fr); margin-top: 1rem; }
.rnn-body > *, .rnn-columns > *, .rnn-stack > * { min-width: 0; }
.rnn-heading { display: flex; align-items: center; justify-content: space-between; gap: 1rem; }
.rnn-live .rnn-title { color: var(--rnn-soft); font-size: 0.8125rem; font-weight: 600; letter-spacing: 0.04em; }
.rnn-live .rnn-question { font-size: 1.125rem; font-weight: 600; line-height: 1.4; margin-top: 0.25rem; text-wrap: balance; }
.rnn-live > .rnn-say { margin-top: 1rem; }
.rnn-live .rnn-say { border-radius: 0 6px 6px 0; padding: 0.5rem 0.75rem; border-left: 3px solid var(--rnn-accent); background: var(--rnn-panel); }
.rnn-live .rnn-say:empty { margin: 0; padding: 0; border: 0; background: none; }
.rnn-stack > .rnn-say:empty { margin-top: -1rem; }
.rnn-live .rnn-quiet { position: absolute; width: 1px; height: 1px; margin: -1px; padding: 0; border: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.rnn-live .rnn-soft { color: var(--rnn-soft); font-size: 0.875rem; }
.rnn-stack { display: grid; gap: 1rem; align-content: start; grid-template-columns: minmax(0, 1fr); }
.rnn-columns { display: grid; gap: 1.5rem; grid-template-columns: minmax(0, 1fr); }
@container (min-width: 40rem) { .rnn-columns { grid-template-columns: minmax(0, 1fr) minmax(13rem, 16rem); } }
.rnn-pair { display: grid; gap: 0.75rem 1.5rem; grid-template-columns: minmax(0, 1fr); }
@container (min-width: 30rem) { .rnn-pair { grid-template-columns: repeat(2, minmax(0, 1fr)); } }
.rnn-live h3, .rnn-live .rnn-subtitle { font-size: 0.875rem; font-weight: 600; margin: 0 0 0.375rem; color: var(--rnn-ink); }
.rnn-live svg { display: block; max-width: 100%; overflow: visible; }
.rnn-live svg text { fill: var(--rnn-ink); font-size: 12px; }
.rnn-live svg text.rnn-halo { paint-order: stroke; stroke: var(--rnn-paper); stroke-width: 4px; stroke-linejoin: round; }
.rnn-live svg + .rnn-soft { margin-top: 0.375rem; }
.rnn-live svg text.rnn-soft { fill: var(--rnn-soft); font-size: 12px; }

.rnn-field { display: grid; grid-template-columns: 1fr auto; align-items: baseline; column-gap: 0.75rem; border: 0; margin: 0; padding: 0; border-radius: 6px; }
.rnn-field > label, .rnn-field > legend { font-weight: 500; font-size: 0.875rem; float: none; padding: 0; margin: 0; width: auto; }
.rnn-field > .rnn-value { font-weight: 600; font-size: 0.875rem; }
.rnn-field > input[type="range"] { grid-column: 1 / -1; width: 100%; min-height: 28px; margin: 0; accent-color: var(--rnn-accent); cursor: pointer; }
.rnn-field > :is(select, textarea) { grid-column: 1 / -1; width: 100%; }
.rnn-live textarea { resize: vertical; margin-top: 0.25rem; }
.rnn-live select, .rnn-live textarea, .rnn-live input[type="text"], .rnn-live input[type="number"] {
  font: inherit; color: var(--rnn-ink); background: var(--rnn-paper); border: 1px solid var(--rnn-edge); border-radius: 6px; min-height: 34px; padding: 0.125rem 0.5rem; max-width: 100%;
}
.rnn-switch > div { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 0; margin-top: 0.25rem; }
.rnn-switch input { position: absolute; opacity: 0; width: 1px; height: 1px; margin: 0; }
.rnn-switch label {
  display: inline-flex; align-items: center; min-height: 34px; padding: 0.125rem 0.75rem; margin: 0 -1px 0 0; cursor: pointer; font-size: 0.875rem;
  border: 1px solid var(--rnn-edge); background: var(--rnn-paper); color: var(--rnn-ink);
}
.rnn-switch label:first-of-type { border-radius: 6px 0 0 6px; }
.rnn-switch label:last-of-type { border-radius: 0 6px 6px 0; margin-right: 0; }
.rnn-switch input:checked + label { background: var(--rnn-accent); border-color: var(--rnn-accent); color: var(--rnn-on-accent); font-weight: 600; }
.rnn-toggle { display: inline-flex; align-items: center; gap: 0.5rem; min-height: 28px; border-radius: 6px; }
.rnn-toggle input { width: 20px; height: 20px; margin: 2px; accent-color: var(--rnn-accent); cursor: pointer; }
.rnn-toggle label { cursor: pointer; margin: 0; font-size: 0.875rem; }
.rnn-button {
  font: 500 0.875rem/1.3 inherit; font-family: inherit; color: var(--rnn-ink); background: var(--rnn-paper); border: 1px solid var(--rnn-edge); border-radius: 999px;
  min-height: 34px; padding: 0.25rem 0.875rem; cursor: pointer; text-align: left;
}
.rnn-button:hover { background: var(--rnn-tint); }
.rnn-button:active { transform: translateY(1px); }
.rnn-button:disabled { opacity: 0.5; cursor: default; }
.rnn-button[aria-pressed="true"] { background: var(--rnn-tint); border-color: var(--rnn-accent); box-shadow: inset 0 0 0 1px var(--rnn-accent); font-weight: 600; }
.rnn-heading .rnn-button { min-height: 28px; padding: 0 0.75rem; font-size: 0.8125rem; }
.rnn-presets, .rnn-options { display: flex; flex-wrap: wrap; gap: 0.5rem; }
.rnn-live :is(input, select, textarea, button, summary, .rnn-table):focus-visible, .rnn-switch input:focus-visible + label {
  outline: 3px solid var(--rnn-accent); outline-offset: 2px; position: relative; z-index: 1;
}
@media (pointer: coarse) {
  .rnn-live .rnn-button, .rnn-live select, .rnn-switch label, .rnn-toggle, .rnn-field > input[type="range"], .rnn-details > summary { min-height: 44px; }
}

.rnn-predict { background: var(--rnn-panel); border-radius: 10px; padding: 0.875rem 1rem; display: grid; gap: 0.625rem; }
.rnn-live .rnn-feedback { min-height: 0; }
.rnn-live .rnn-feedback:empty { display: none; }
.rnn-formula { font-size: 0.9375rem; line-height: 1.7; }
.rnn-formula :is(sub, sup) { font-size: 0.75em; line-height: 0; }
.rnn-words { display: block; color: var(--rnn-soft); font-size: 0.875rem; line-height: 1.4; }
.rnn-row { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; }
.rnn-numbers { display: inline-block; }

.rnn-live .rnn-table { overflow-x: auto; max-width: 100%; border-radius: 6px; }
.rnn-live .rnn-table.rnn-tall { max-height: 20rem; overflow-y: auto; }
.rnn-live table { border-collapse: collapse; width: 100%; margin: 0; font-size: 0.8125rem; background: transparent; color: inherit; display: table; }
.rnn-live caption { caption-side: top; text-align: left; color: var(--rnn-soft); padding: 0 0 0.375rem; font-size: 0.8125rem; }
.rnn-live th, .rnn-live td { padding: 0.25rem 0.75rem 0.25rem 0; border: 0; border-bottom: 1px solid var(--rnn-line); text-align: right; white-space: nowrap; background: transparent; color: inherit; }
.rnn-live th { font-weight: 600; }
.rnn-live thead th { color: var(--rnn-soft); }
.rnn-live th:first-child { text-align: left; }
.rnn-live tr { background: transparent; }
.rnn-live :is(th, td):last-child { padding-right: 0.25rem; }
.rnn-details > summary { cursor: pointer; font-size: 0.875rem; font-weight: 500; min-height: 28px; display: list-item; line-height: 28px; border-radius: 6px; }
.rnn-details[open] > summary { margin-bottom: 0.5rem; }

.rnn-flash { animation: rnn-flash 1.5s ease-out; }
@keyframes rnn-flash { 0%, 30% { background: var(--rnn-flash); box-shadow: 0 0 0 6px var(--rnn-flash); } 100% { background: transparent; box-shadow: 0 0 0 6px transparent; } }
@media (prefers-reduced-motion: reduce) {
  .rnn-flash { animation: none; outline: 3px solid var(--rnn-accent); outline-offset: 4px; }
  .rnn-button:active { transform: none; }
}
@media (forced-colors: active) {
  .rnn-switch input:checked + label, .rnn-button[aria-pressed="true"] {
    forced-color-adjust: none; background: Highlight; color: HighlightText;
  }
}
@media print {
  .rnn-live { display: none; }
  .rnn-ready > .rnn-still { display: block; }
}
`;
