/**
 * The arithmetic of every widget: recurrent cells, backpropagation through time, Jacobians and bounds.
 *
 * float64 throughout and no DOM. Names are those of `rnnlib.cells` and of PyTorch: `weight_ih`, `weight_hh`,
 * `bias_ih`, `bias_hh`; gates are stacked `r z n` (GRU) and `i f g o` (LSTM).
 * Letters: I input size, H hidden size, G gates (1, 3, 4), T steps, S state size (H, for the LSTM 2H as [h, c]).
 *
 * @typedef {number[]} Vector
 * @typedef {Vector[]} Matrix rows
 * @typedef {"tanh" | "relu" | "identity"} Nonlinearity
 *
 * @typedef {Object} Cell
 * @property {"rnn" | "gru" | "lstm"} kind
 * @property {Matrix} weight_ih (G*H, I)
 * @property {Matrix} weight_hh (G*H, H)
 * @property {Vector} bias_ih (G*H,)
 * @property {Vector} bias_hh (G*H,)
 * @property {Nonlinearity} [nonlinearity] RNN only; default tanh
 * @property {boolean} [reset_after] GRU only; default true: PyTorch's
 * @property {boolean} [z_keeps] GRU only; default true: z multiplies the old state, as in PyTorch
 *
 * @typedef {{h: Vector}} RNNStep
 * @typedef {{h: Vector, r: Vector, z: Vector, n: Vector, hn: Vector}} GRUStep
 * @typedef {{h: Vector, c: Vector, i: Vector, f: Vector, g: Vector, o: Vector}} LSTMStep
 * @typedef {RNNStep | GRUStep | LSTMStep} Step
 *
 * @typedef {Object} Trace
 * @property {Vector[]} x T inputs
 * @property {Step[]} steps T steps
 * @property {Vector[]} h T+1 hidden states, `h[0]` the initial one
 * @property {Vector[] | null} c T+1 cell states (LSTM), else null
 *
 * @typedef {{weight_ih: Matrix, weight_hh: Matrix, bias_ih: Vector, bias_hh: Vector}} Parameters
 *
 * @typedef {Object} Gradients
 * @property {Vector[]} h T+1 gradients dL/dh_t, t = 0..T
 * @property {Vector[] | null} c T+1 gradients dL/dc_t (LSTM), everything that c_t does counted, h_t included
 * @property {Vector[]} x T gradients dL/dx_t
 * @property {Parameters} parameters gradients of all parameters, summed over the steps
 */

// ---- vectors and matrices ------------------------------------------------------------------------------------

/** @param {number} n @returns {Vector} */
export const zeros = (n) => new Array(n).fill(0);

/** @param {number} rows @param {number} columns @returns {Matrix} */
export const zeros2 = (rows, columns) => Array.from({ length: rows }, () => zeros(columns));

/** Inner product. @param {Vector} a @param {Vector} b @returns {number} */
export function dot(a, b) {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j] * b[j];
  return sum;
}

/** W x, rows `first` to `last` (exclusive) of W. @param {Matrix} W @param {Vector} x @returns {Vector} */
export function matvec(W, x, first = 0, last = W.length) {
  const y = zeros(last - first);
  for (let j = first; j < last; j++) y[j - first] = dot(W[j], x);
  return y;
}

/** y += W^T d, rows `first` on of W, as many as d has. @param {Vector} y @param {Matrix} W @param {Vector} d */
export function add_matvec_transposed(y, W, d, first = 0) {
  for (let j = 0; j < d.length; j++) {
    const row = W[first + j];
    for (let k = 0; k < y.length; k++) y[k] += row[k] * d[j];
  }
}

/** W += d x^T, rows `first` on; nothing where W is null. @param {Matrix | null} W @param {Vector} d @param {Vector} x */
function add_outer(W, d, x, first = 0) {
  if (W === null) return;
  for (let j = 0; j < d.length; j++) {
    const row = W[first + j];
    for (let k = 0; k < x.length; k++) row[k] += d[j] * x[k];
  }
}

/** W times a number. @param {Matrix} W @param {number} factor @returns {Matrix} */
export const scaled = (W, factor) => W.map((row) => row.map((w) => factor * w));

/** Euclidean norm, scaled so that neither 1e-200 nor 1e200 is lost. @param {Vector} v @returns {number} */
export function norm(v) {
  let largest = 0;
  for (let j = 0; j < v.length; j++) {
    const size = Math.abs(v[j]);
    if (!(size <= largest)) largest = size; // also takes a NaN
  }
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  let sum = 0;
  for (let j = 0; j < v.length; j++) sum += (v[j] / largest) ** 2;
  return largest * Math.sqrt(sum);
}

/** Logistic function, without overflow at either end. @param {number} a @returns {number} */
export function sigmoid(a) {
  if (a >= 0) return 1 / (1 + Math.exp(-a));
  const e = Math.exp(a);
  return e / (1 + e);
}

/** ln s(a): exact where s(a) is near 1 and its logarithm near 0. @param {number} a @returns {number} */
export const log_sigmoid = (a) => Math.min(a, 0) - Math.log1p(Math.exp(-Math.abs(a)));

/** @type {Record<Nonlinearity, (a: number) => number>} */
const ACTIVATIONS = { tanh: Math.tanh, relu: (a) => Math.max(a, 0), identity: (a) => a };

/** Derivatives, as functions of the *output* h = f(a). @type {Record<Nonlinearity, (h: number) => number>} */
const DERIVATIVES = { tanh: (h) => 1 - h * h, relu: (h) => (h > 0 ? 1 : 0), identity: () => 1 };

// ---- one step ------------------------------------------------------------------------------------------------

/**
 * W_ih x + b_ih, all gates of one step. `gi` in the functions below.
 * @param {Vector} x (I,) @param {Matrix} weight_ih @param {Vector} bias_ih @returns {Vector} (G*H,)
 */
export function project_input(x, weight_ih, bias_ih) {
  const gi = matvec(weight_ih, x);
  for (let j = 0; j < gi.length; j++) gi[j] += bias_ih[j];
  return gi;
}

/**
 * h' = f(gi + W_hh h + b_hh).
 * @param {Vector} gi (H,) @param {Vector} h (H,) @param {Matrix} weight_hh @param {Vector} bias_hh
 * @param {Nonlinearity} nonlinearity @returns {RNNStep}
 */
export function rnn_step(gi, h, weight_hh, bias_hh, nonlinearity = "tanh") {
  const f = ACTIVATIONS[nonlinearity];
  const next = matvec(weight_hh, h);
  for (let j = 0; j < next.length; j++) next[j] = f(gi[j] + next[j] + bias_hh[j]);
  return { h: next };
}

/**
 * One GRU step; `hn` is the recurrent part of the candidate, before the reset gate if `reset_after`.
 * r = s(gi_r + W_hr h + b_hr), z likewise; n = tanh(gi_n + r * (W_hn h + b_hn)) or, with the reset before the
 * product, n = tanh(gi_n + W_hn (r * h) + b_hn); h' = (1 - z) n + z h if z keeps, else z n + (1 - z) h.
 * A locked gate takes the given value in every unit, whatever its equation says.
 * @param {Vector} gi (3H,) @param {Vector} h (H,) @param {Matrix} weight_hh @param {Vector} bias_hh
 * @param {{reset_after?: boolean, z_keeps?: boolean, lock_r?: number | null, lock_z?: number | null}} options
 * @returns {GRUStep}
 */
export function gru_step(gi, h, weight_hh, bias_hh, options = {}) {
  const { reset_after = true, z_keeps = true, lock_r = null, lock_z = null } = options;
  const H = h.length;
  const r = matvec(weight_hh, h, 0, H);
  const z = matvec(weight_hh, h, H, 2 * H);
  for (let j = 0; j < H; j++) {
    r[j] = lock_r ?? sigmoid(gi[j] + r[j] + bias_hh[j]);
    z[j] = lock_z ?? sigmoid(gi[H + j] + z[j] + bias_hh[H + j]);
  }
  const read = reset_after ? h : h.map((v, j) => r[j] * v); // what W_hn sees
  const hn = matvec(weight_hh, read, 2 * H, 3 * H);
  const n = zeros(H);
  const next = zeros(H);
  for (let j = 0; j < H; j++) {
    hn[j] += bias_hh[2 * H + j];
    n[j] = Math.tanh(gi[2 * H + j] + (reset_after ? r[j] * hn[j] : hn[j]));
    next[j] = z_keeps ? (1 - z[j]) * n[j] + z[j] * h[j] : z[j] * n[j] + (1 - z[j]) * h[j];
  }
  return { h: next, r, z, n, hn };
}

/**
 * A GRU with something added to every unit's reset and update bias, and with the update gate negated on request:
 * sigmoid(-a) = 1 - sigmoid(a), so that negating W_iz, W_hz and both biases of z turns z into 1 - z.
 * @param {Cell} cell @param {{bias_r?: number, bias_z?: number, negate_z?: boolean}} changes @returns {Cell}
 */
export function shifted_gru(cell, { bias_r = 0, bias_z = 0, negate_z = false } = {}) {
  const H = hidden_size(cell);
  const is_z = (row) => row >= H && row < 2 * H;
  const sign = (row) => (negate_z && is_z(row) ? -1 : 1);
  const shift = (row) => (row < H ? bias_r : is_z(row) ? bias_z : 0);
  const turned = (rows) => rows.map((values, row) => values.map((v) => sign(row) * v));
  return {
    ...cell,
    weight_ih: turned(cell.weight_ih),
    weight_hh: turned(cell.weight_hh),
    bias_ih: cell.bias_ih.map((b, row) => sign(row) * (b + shift(row))),
    bias_hh: cell.bias_hh.map((b, row) => sign(row) * b),
  };
}

/**
 * Unroll a GRU whose gates may be locked step by step.
 * @param {Cell} cell @param {Vector[]} x T inputs (I,)
 * @param {(number | null)[]} lock_r T values @param {(number | null)[]} lock_z T values
 * @returns {{steps: GRUStep[], h: Vector[]}} T steps; T+1 states, `h[0]` zeros
 */
export function gru_sequence(cell, x, lock_r = [], lock_z = []) {
  const steps = [];
  const h = [zeros(hidden_size(cell))];
  for (const [t, x_t] of x.entries()) {
    const gi = project_input(x_t, cell.weight_ih, cell.bias_ih);
    const options = { ...cell, lock_r: lock_r[t], lock_z: lock_z[t] };
    steps.push(gru_step(gi, h[t], cell.weight_hh, cell.bias_hh, options));
    h.push(steps[t].h);
  }
  return { steps, h };
}

/** b_ih + b_hh, the bias that a gate sees in all. @param {Cell} cell @returns {Vector} (G*H,) */
export const summed_bias = (cell) => cell.bias_ih.map((b, row) => b + cell.bias_hh[row]);

/** The plain RNN that a GRU's candidate weights make: W_in, b_in, W_hn, b_hn. @param {Cell} cell @returns {Cell} */
export function candidate_rnn(cell) {
  const first = 2 * hidden_size(cell);
  const names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"];
  return { kind: "rnn", ...Object.fromEntries(names.map((name) => [name, cell[name].slice(first)])) };
}

/**
 * One LSTM step: i, f, o = s(...), g = tanh(...); c' = f c + i g; h' = o tanh(c').
 * A locked gate takes the given value in every unit, whatever its equation says.
 * @param {Vector} gi (4H,) @param {Vector} h (H,) @param {Vector} c (H,) @param {Matrix} weight_hh
 * @param {Vector} bias_hh
 * @param {{lock_i?: number | null, lock_f?: number | null, lock_o?: number | null}} options @returns {LSTMStep}
 */
export function lstm_step(gi, h, c, weight_hh, bias_hh, { lock_i = null, lock_f = null, lock_o = null } = {}) {
  const H = h.length;
  const a = matvec(weight_hh, h);
  for (let j = 0; j < 4 * H; j++) a[j] += gi[j] + bias_hh[j];
  const i = a.slice(0, H).map((v) => lock_i ?? sigmoid(v));
  const f = a.slice(H, 2 * H).map((v) => lock_f ?? sigmoid(v));
  const g = a.slice(2 * H, 3 * H).map(Math.tanh);
  const o = a.slice(3 * H).map((v) => lock_o ?? sigmoid(v));
  const next_c = zeros(H);
  const next_h = zeros(H);
  for (let j = 0; j < H; j++) {
    next_c[j] = f[j] * c[j] + i[j] * g[j];
    next_h[j] = o[j] * Math.tanh(next_c[j]);
  }
  return { h: next_h, c: next_c, i, f, g, o };
}

/**
 * An LSTM with something added to every unit's bias of each gate.
 * @param {Cell} cell @param {{bias_i?: number, bias_f?: number, bias_g?: number, bias_o?: number}} changes
 * @returns {Cell}
 */
export function shifted_lstm(cell, { bias_i = 0, bias_f = 0, bias_g = 0, bias_o = 0 } = {}) {
  const H = hidden_size(cell);
  const shift = [bias_i, bias_f, bias_g, bias_o];
  return { ...cell, bias_ih: cell.bias_ih.map((b, row) => b + shift[Math.floor(row / H)]) };
}

/**
 * Unroll an LSTM whose gates may be locked step by step.
 * @param {Cell} cell @param {Vector[]} x T inputs (I,)
 * @param {{i?: (number | null)[], f?: (number | null)[], o?: (number | null)[]}} locks T values each
 * @returns {{steps: LSTMStep[], h: Vector[], c: Vector[]}} T steps; T+1 states each, the first zeros
 */
export function lstm_sequence(cell, x, { i = [], f = [], o = [] } = {}) {
  const steps = [];
  const h = [zeros(hidden_size(cell))];
  const c = [zeros(hidden_size(cell))];
  for (const [t, x_t] of x.entries()) {
    const gi = project_input(x_t, cell.weight_ih, cell.bias_ih);
    const locks = { lock_i: i[t], lock_f: f[t], lock_o: o[t] };
    steps.push(lstm_step(gi, h[t], c[t], cell.weight_hh, cell.bias_hh, locks));
    h.push(steps[t].h);
    c.push(steps[t].c);
  }
  return { steps, h, c };
}

/**
 * What one step adds up to c' and shows of it: f c, i g and tanh(c').
 * @param {LSTMStep} step @param {Vector} c (H,) the old cell state
 * @returns {{kept: Vector, written: Vector, squashed: Vector}}
 */
export const lstm_parts = (step, c) => ({
  kept: step.f.map((f, j) => f * c[j]),
  written: step.i.map((i, j) => i * step.g[j]),
  squashed: step.c.map(Math.tanh),
});

/**
 * One step of any cell. @param {Cell} cell @param {Vector} x (I,) @param {Vector} h (H,)
 * @param {Vector | null} c (H,), LSTM only @returns {Step}
 */
export const cell_step = (cell, x, h, c = null) => projected_step(cell, project_input(x, cell.weight_ih, cell.bias_ih), h, c);

/** One step of any cell from its projected input. @param {Cell} cell @param {Vector} gi (G*H,) @returns {Step} */
export function projected_step(cell, gi, h, c = null) {
  if (cell.kind === "rnn") return rnn_step(gi, h, cell.weight_hh, cell.bias_hh, cell.nonlinearity);
  if (cell.kind === "gru") return gru_step(gi, h, cell.weight_hh, cell.bias_hh, cell);
  return lstm_step(gi, h, c, cell.weight_hh, cell.bias_hh);
}

/** Hidden size of a cell. @param {Cell} cell @returns {number} */
export const hidden_size = (cell) => cell.weight_hh[0].length;

// ---- a whole sequence, forward and back ----------------------------------------------------------------------

/**
 * Unroll a cell over T inputs.
 * @param {Cell} cell @param {Vector[]} x T inputs (I,) @param {{h?: Vector, c?: Vector}} state zeros by default
 * @returns {Trace}
 */
export function forward(cell, x, state = {}) {
  const H = hidden_size(cell);
  const steps = [];
  const h = [state.h ?? zeros(H)];
  const c = cell.kind === "lstm" ? [state.c ?? zeros(H)] : null;
  for (const x_t of x) {
    const step = cell_step(cell, x_t, h.at(-1), c && c.at(-1));
    steps.push(step);
    h.push(step.h);
    if (c) c.push(step.c);
  }
  return { x, steps, h, c };
}

/**
 * Backpropagation through time of a loss that reads the last state only.
 * @param {Cell} cell @param {Trace} trace what `forward` gave @param {Vector} dh (H,) dL/dh_T
 * @param {Vector | null} dc (H,) dL/dc_T that does not pass through h_T; zeros by default @returns {Gradients}
 */
export function backward(cell, trace, dh, dc = null) {
  const T = trace.steps.length;
  const gradients = { h: Array(T + 1), c: trace.c && Array(T + 1), x: Array(T), parameters: zero_parameters(cell) };
  let carry = { h: dh, c: dc ?? zeros(dh.length) };
  for (let t = T; t > 0; t--) {
    gradients.h[t] = carry.h;
    carry = step_back(cell, trace, t, carry, gradients);
  }
  gradients.h[0] = carry.h;
  if (gradients.c) gradients.c[0] = carry.c;
  return gradients;
}

/** One step of `backward`: sets what the step has of its own, adds to the parameters' gradients, gives the carry on. */
function step_back(cell, trace, t, carry, gradients) {
  const backs = { rnn: rnn_step_back, gru: gru_step_back, lstm: lstm_step_back };
  return backs[cell.kind](cell, trace, t, carry, gradients);
}

/** Gradients of a cell's parameters, all 0. @param {Cell} cell @returns {Parameters} */
function zero_parameters(cell) {
  const rows = cell.weight_hh.length;
  return {
    weight_ih: zeros2(rows, cell.weight_ih[0].length),
    weight_hh: zeros2(rows, hidden_size(cell)),
    bias_ih: zeros(rows),
    bias_hh: zeros(rows),
  };
}

/**
 * Backpropagation through time taken apart: what each step adds to the parameters' gradients. The loss may read any
 * state.
 * @param {Cell} cell @param {Trace} trace what `forward` gave
 * @param {Vector[]} dh T vectors (H,): what the loss itself says of h_t, without the way through later steps
 * @returns {{h: Vector[], terms: Parameters[]}} T+1 gradients dL/dh_t, by every way; T terms, that of step t at t - 1
 */
export function bptt_terms(cell, trace, dh) {
  const T = trace.steps.length;
  const H = hidden_size(cell);
  const h = Array(T + 1);
  const terms = Array(T);
  let carry = { h: zeros(H), c: zeros(H) };
  for (let t = T; t > 0; t--) {
    h[t] = carry.h.map((d, j) => d + dh[t - 1][j]);
    const own = { h: [], c: [], x: [], parameters: zero_parameters(cell) };
    carry = step_back(cell, trace, t, { ...carry, h: h[t] }, own);
    terms[t - 1] = own.parameters;
  }
  h[0] = carry.h;
  return { h, terms };
}

/** Sums from the last value back to each: the gradient so far, while backpropagation goes. @param {Vector} values */
export function totals_from_last(values) {
  const totals = values.slice();
  for (let t = totals.length - 2; t >= 0; t--) totals[t] += totals[t + 1];
  return totals;
}

/**
 * Read-out y_t = v h_t at every step, and L = 1/2 (y_T - target)^2 or, with `every`, the sum of that over all steps.
 * @param {Vector[]} h T states (H,) @param {Vector} readout v (H,) @param {number} target @param {boolean} every
 * @returns {{y: Vector, dy: Vector, loss: number}} `dy`: dL/dy_t, 0 where the loss does not read
 */
export function read_out_loss(h, readout, target, every = false) {
  const y = h.map((state) => dot(readout, state));
  const dy = y.map((value, k) => (every || k === y.length - 1 ? value - target : 0));
  return { y, dy, loss: dot(dy, dy) / 2 };
}

/** (f(x + e) - f(x - e)) / 2e. @param {(x: number) => number} f @param {number} x */
export const central_difference = (f, x, epsilon = 1e-5) => (f(x + epsilon) - f(x - epsilon)) / (2 * epsilon);

/** Add one step's share to the parameters' gradients and set dL/dx_t; `da`: dL/d(gi), `dr`: dL/d(W_hh h + b_hh). */
function add_step_gradients(cell, trace, t, gradients, da, dr) {
  const { parameters } = gradients;
  add_outer(parameters.weight_ih, da, trace.x[t - 1]);
  for (let j = 0; parameters.bias_ih && j < da.length; j++) {
    parameters.bias_ih[j] += da[j];
    parameters.bias_hh[j] += dr[j];
  }
  gradients.x[t - 1] = zeros(trace.x[t - 1].length);
  add_matvec_transposed(gradients.x[t - 1], cell.weight_ih, da);
}

function rnn_step_back(cell, trace, t, carry, gradients) {
  const derivative = DERIVATIVES[cell.nonlinearity ?? "tanh"];
  const da = carry.h.map((d, j) => d * derivative(trace.h[t][j]));
  add_step_gradients(cell, trace, t, gradients, da, da);
  add_outer(gradients.parameters.weight_hh, da, trace.h[t - 1]);
  const dh = zeros(da.length);
  add_matvec_transposed(dh, cell.weight_hh, da);
  return { h: dh };
}

function gru_step_back(cell, trace, t, carry, gradients) {
  const { reset_after = true, z_keeps = true } = cell;
  const { r, z, n, hn } = trace.steps[t - 1];
  const h = trace.h[t - 1];
  const H = h.length;
  const da = zeros(3 * H); // dL/d(gi)
  const dr = zeros(3 * H); // dL/d(W_hh h + b_hh)
  const dh = zeros(H);
  for (let j = 0; j < H; j++) {
    const keep = z_keeps ? z[j] : 1 - z[j];
    const dz = carry.h[j] * (z_keeps ? h[j] - n[j] : n[j] - h[j]);
    const dn = carry.h[j] * (1 - keep) * (1 - n[j] * n[j]); // at the candidate's pre-activation
    da[H + j] = dr[H + j] = dz * z[j] * (1 - z[j]);
    da[2 * H + j] = dn;
    dr[2 * H + j] = reset_after ? dn * r[j] : dn;
    dh[j] = carry.h[j] * keep;
  }
  const dread = zeros(H); // dL/d(what W_hn reads): h, or r * h
  add_matvec_transposed(dread, cell.weight_hh, dr.slice(2 * H), 2 * H);
  for (let j = 0; j < H; j++) {
    const dreset = reset_after ? da[2 * H + j] * hn[j] : dread[j] * h[j];
    da[j] = dr[j] = dreset * r[j] * (1 - r[j]);
    dh[j] += reset_after ? dread[j] : dread[j] * r[j];
  }
  add_step_gradients(cell, trace, t, gradients, da, dr);
  add_outer(gradients.parameters.weight_hh, dr.slice(0, 2 * H), h);
  const read = reset_after ? h : h.map((v, j) => r[j] * v);
  add_outer(gradients.parameters.weight_hh, dr.slice(2 * H), read, 2 * H);
  add_matvec_transposed(dh, cell.weight_hh, dr.slice(0, 2 * H));
  return { h: dh };
}

function lstm_step_back(cell, trace, t, carry, gradients) {
  const { i, f, g, o, c } = trace.steps[t - 1];
  const h = trace.h[t - 1];
  const c_before = trace.c[t - 1];
  const H = h.length;
  const da = zeros(4 * H); // dL/d(pre-activations)
  const dc = zeros(H); // dL/dc_t, by the carry and through h_t
  const dc_before = zeros(H);
  for (let j = 0; j < H; j++) {
    const s = Math.tanh(c[j]);
    dc[j] = carry.c[j] + carry.h[j] * o[j] * (1 - s * s);
    da[j] = dc[j] * g[j] * i[j] * (1 - i[j]);
    da[H + j] = dc[j] * c_before[j] * f[j] * (1 - f[j]);
    da[2 * H + j] = dc[j] * i[j] * (1 - g[j] * g[j]);
    da[3 * H + j] = carry.h[j] * s * o[j] * (1 - o[j]);
    dc_before[j] = dc[j] * f[j];
  }
  gradients.c[t] = dc;
  add_step_gradients(cell, trace, t, gradients, da, da);
  add_outer(gradients.parameters.weight_hh, da, h);
  const dh = zeros(H);
  add_matvec_transposed(dh, cell.weight_hh, da);
  return { h: dh, c: dc_before };
}

// ---- Jacobians and bounds ------------------------------------------------------------------------------------

/**
 * One-step Jacobian d s_t / d s_{t-1} at step t = 1..T: s is h, for the LSTM [h, c] with both free.
 * @param {Cell} cell @param {Trace} trace @param {number} t @returns {Matrix} (S, S) rows
 */
export function state_jacobian(cell, trace, t) {
  if (cell.kind === "rnn") return rnn_jacobian(cell, trace, t);
  return cell.kind === "gru" ? gru_jacobian(cell, trace, t) : lstm_jacobian(cell, trace, t);
}

/** diag(f'(a)) W_hh */
function rnn_jacobian(cell, trace, t) {
  const derivative = DERIVATIVES[cell.nonlinearity ?? "tanh"];
  return cell.weight_hh.map((row, j) => {
    const d = derivative(trace.h[t][j]);
    return row.map((w) => d * w);
  });
}

function gru_jacobian(cell, trace, t) {
  const { reset_after = true, z_keeps = true, weight_hh: W } = cell;
  const { r, z, n, hn } = trace.steps[t - 1];
  const h = trace.h[t - 1];
  const H = h.length;
  const J = zeros2(H, H);
  for (let j = 0; j < H; j++) {
    const keep = z_keeps ? z[j] : 1 - z[j];
    const by_z = (z_keeps ? h[j] - n[j] : n[j] - h[j]) * z[j] * (1 - z[j]); // dh'_j / d(a_z)_j
    const by_n = (1 - keep) * (1 - n[j] * n[j]); // dh'_j / d(a_n)_j
    const dr = r[j] * (1 - r[j]);
    for (let k = 0; k < H; k++) {
      let dn; // d(a_n)_j / dh_k
      if (reset_after) dn = r[j] * W[2 * H + j][k] + hn[j] * dr * W[j][k];
      else {
        dn = W[2 * H + j][k] * r[k];
        for (let m = 0; m < H; m++) dn += W[2 * H + j][m] * h[m] * r[m] * (1 - r[m]) * W[m][k];
      }
      J[j][k] = by_z * W[H + j][k] + by_n * dn + (j === k ? keep : 0);
    }
  }
  return J;
}

function lstm_jacobian(cell, trace, t) {
  const W = cell.weight_hh;
  const { i, f, g, o, c } = trace.steps[t - 1];
  const c_before = trace.c[t - 1];
  const H = c.length;
  const J = zeros2(2 * H, 2 * H);
  for (let j = 0; j < H; j++) {
    const s = Math.tanh(c[j]);
    const by_c = o[j] * (1 - s * s); // dh'_j / dc'_j
    const [di, df] = [g[j] * i[j] * (1 - i[j]), c_before[j] * f[j] * (1 - f[j])];
    const [dg, d_o] = [i[j] * (1 - g[j] * g[j]), s * o[j] * (1 - o[j])];
    for (let k = 0; k < H; k++) {
      const dc = di * W[j][k] + df * W[H + j][k] + dg * W[2 * H + j][k]; // dc'_j / dh_k
      J[H + j][k] = dc;
      J[j][k] = by_c * dc + d_o * W[3 * H + j][k];
    }
    J[H + j][H + j] = f[j];
    J[j][H + j] = by_c * f[j];
  }
  return J;
}

/** A^T A of a matrix divided by `scale`: lower triangle of an n x n row-major array. @returns {Vector} */
function gram(A, scale) {
  const n = A[0].length;
  const M = zeros(n * n);
  const row = zeros(n);
  for (const source of A) {
    for (let j = 0; j < n; j++) row[j] = source[j] / scale;
    for (let j = 0; j < n; j++) {
      const a = row[j];
      if (a !== 0) for (let k = 0, at = j * n; k <= j; k++) M[at + k] += a * row[k];
    }
  }
  return M;
}

/**
 * A symmetric matrix made tridiagonal by Householder reflections, in place, reading and writing its lower triangle.
 * @param {Vector} M (n * n) @returns {[Vector, Vector]} diagonal, squared off-diagonal before each
 */
function tridiagonal(M, n) {
  const v = zeros(n);
  const p = zeros(n); // M v, then the vector of the rank-two update M - v p^T - p v^T
  const off = zeros(n);
  for (let k = 0; k < n - 1; k++) {
    let square = 0;
    for (let j = k + 1; j < n; j++) square += (v[j] = M[j * n + k]) ** 2;
    off[k + 1] = square;
    const length = Math.sqrt(square);
    const vv = 2 * (square + Math.abs(v[k + 1]) * length); // |v|^2 with the length added to its first entry
    if (vv === 0) continue;
    v[k + 1] += v[k + 1] < 0 ? -length : length;
    p.fill(0);
    for (let j = k + 1; j < n; j++) {
      const at = j * n;
      let sum = M[at + j] * v[j];
      for (let m = k + 1; m < j; m++) {
        sum += M[at + m] * v[m];
        p[m] += M[at + m] * v[j];
      }
      p[j] += sum;
    }
    const half = (2 * dot(p, v)) / vv / vv; // v is still set where p is 0: those terms vanish
    for (let j = k + 1; j < n; j++) p[j] = (2 * p[j]) / vv - half * v[j];
    for (let j = k + 1; j < n; j++) {
      const at = j * n;
      for (let m = k + 1; m <= j; m++) M[at + m] -= v[j] * p[m] + p[j] * v[m];
    }
  }
  return [Array.from({ length: n }, (_, j) => M[j * n + j]), off];
}

/** Are all eigenvalues of a tridiagonal matrix below x? By Sturm's sequence: they are if every pivot is negative. */
function all_below(diagonal, off, x) {
  let pivot = -1;
  for (let j = 0; j < diagonal.length; j++) {
    pivot = diagonal[j] - x - off[j] / pivot; // off[0] is 0
    if (!(pivot < 0)) return false;
  }
  return true;
}

/** Largest entry's size; NaN if an entry is not finite. @param {Matrix} A */
function largest_entry(A) {
  let largest = 0;
  for (const row of A) {
    for (let k = 0; k < row.length; k++) {
      const size = Math.abs(row[k]);
      if (!Number.isFinite(size)) return NaN;
      if (size > largest) largest = size;
    }
  }
  return largest;
}

/**
 * Largest singular value: A^T A made tridiagonal, its largest eigenvalue bracketed by bisection to the last bit.
 * @param {Matrix} A @returns {number} NaN if A holds a number that is not finite
 */
export function largest_singular_value(A) {
  const scale = largest_entry(A);
  if (!(scale > 0)) return scale;
  const n = A[0].length;
  const [diagonal, off] = tridiagonal(gram(A, scale), n);
  let low = 0;
  let high = 0;
  for (let j = 0; j < n; j++) {
    const beside = Math.sqrt(off[j]) + (j + 1 < n ? Math.sqrt(off[j + 1]) : 0);
    low = Math.max(low, diagonal[j]);
    high = Math.max(high, diagonal[j] + beside); // Gershgorin's discs end here
  }
  high *= 1 + 1e-15;
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (all_below(diagonal, off, middle)) high = middle;
    else low = middle;
  }
  return scale * Math.sqrt(high);
}

/**
 * Largest singular values of all one-step Jacobians, t = 1..T at index t - 1.
 * @param {Cell} cell @param {Trace} trace @returns {Vector} (T,)
 */
export const spectral_norms = (cell, trace) =>
  trace.steps.map((_, t) => largest_singular_value(state_jacobian(cell, trace, t + 1)));

/**
 * What the gradient's norm cannot exceed: the product of the one-step norms from t to T.
 * @param {Vector} norms (T,) of steps 1..T @param {number} last norm of the gradient at T
 * @returns {Vector} (T+1,) for t = 0..T
 */
export function reach_bound(norms, last = 1) {
  const bound = zeros(norms.length + 1);
  bound[norms.length] = last;
  for (let t = norms.length; t > 0; t--) bound[t - 1] = bound[t] * norms[t - 1];
  return bound;
}

// ---- clipping, biases, half-lives ----------------------------------------------------------------------------

/** Norm of all parameters' gradients together. @param {Parameters} parameters @returns {number} */
export const global_norm = ({ weight_ih, weight_hh, bias_ih, bias_hh }) =>
  norm([...weight_ih.map(norm), ...weight_hh.map(norm), norm(bias_ih), norm(bias_hh)]);

/** Factor that clipping by global norm applies, as `torch.nn.utils.clip_grad_norm_`. @returns {number} at most 1 */
export const clip_factor = (total_norm, max_norm) => Math.min(1, max_norm / (total_norm + 1e-6));

/** A copy of a (G*H,) bias with one gate's H entries set. @param {Vector} bias @param {number} gate index */
function with_gate(bias, gate, H, value) {
  const copy = bias.slice();
  copy.fill(value, gate * H, (gate + 1) * H);
  return copy;
}

/** The cell with one gate's summed bias b_i + b_h set to `value`. @param {Cell} cell @returns {Cell} */
function with_gate_bias(cell, gate, value) {
  const H = hidden_size(cell);
  const bias_ih = with_gate(cell.bias_ih, gate, H, value);
  return { ...cell, bias_ih, bias_hh: with_gate(cell.bias_hh, gate, H, 0) };
}

/** LSTM with its forget gate's bias set. @param {Cell} cell @param {number} value @returns {Cell} */
export const with_forget_bias = (cell, value) => with_gate_bias(cell, 1, value);

/** GRU with its update gate's bias set. @param {Cell} cell @param {number} value @returns {Cell} */
export const with_update_bias = (cell, value) => with_gate_bias(cell, 1, value);

/** ln of what a gate of constant bias b leaves after k steps; finite where the share itself is 0 to float64. */
export const log_kept_after = (b, k) => k * log_sigmoid(b);

/** What a gate of constant bias b leaves after k steps: s(b)^k. @param {number} b @param {number} k */
export const kept_after = (b, k) => Math.exp(log_kept_after(b, k));

/** Steps until a gate of constant bias b leaves half: ln(1/2) / ln s(b). @param {number} b */
export const half_life_at = (b) => Math.log(0.5) / log_sigmoid(b);

// ---- one tanh unit that is to hold a bit -----------------------------------------------------------------------

/**
 * States of one unit, h_t = tanh(w h_{t-1} + u x_t + b).
 * @param {{w: number, u: number, b: number}} unit @param {Vector} x T inputs @returns {Vector} T+1 states, the first 0
 */
export function unit_states({ w, u, b }, x) {
  const cell = { kind: "rnn", weight_ih: [[u]], weight_hh: [[w]], bias_ih: [b], bias_hh: [0] };
  return forward(cell, x.map((v) => [v])).h.map(([h]) => h);
}

/** Where one step without recurrence on other units takes h. @param {number} h @param {number} w @param {number} b */
export const unit_map = (h, w, b) => Math.tanh(w * h + b);

/** Slope of the map at a fixed point h = tanh(w h + b): w (1 - h^2). @param {number} h @param {number} w */
export const unit_slope = (h, w) => w * (1 - h * h);

/**
 * All fixed points h = tanh(w h + b), rising, each with the map's slope there; names as in `rnnlib.probes`.
 * The gap tanh(w h + b) - h turns only where w (1 - tanh^2) = 1; between these places it rises or falls throughout.
 * @param {number} w @param {number} b @returns {{h: number, slope: number, kind: "stable" | "unstable" | "marginal"}[]}
 */
export function fixed_points(w, b) {
  const gap = (h) => unit_map(h, w, b) - h;
  const turn = w > 1 ? Math.atanh(Math.sqrt(1 - 1 / w)) : 0;
  const turns = w > 1 ? [(-turn - b) / w, (turn - b) / w].filter((h) => h > -1 && h < 1) : [];
  const edges = [-1, ...turns, 1];
  const roots = edges.filter((h) => gap(h) === 0);
  for (let k = 1; k < edges.length; k++) {
    if (gap(edges[k - 1]) * gap(edges[k]) < 0) roots.push(bisect(gap, edges[k - 1], edges[k]));
  }
  return roots.sort((one, other) => one - other).map((h) => about_fixed_point(h, unit_slope(h, w)));
}

/** Near a slope of 1 or -1 the slope alone does not decide. */
function about_fixed_point(h, slope) {
  const size = Math.abs(slope);
  return { h, slope, kind: Math.abs(size - 1) < 1e-9 ? "marginal" : size < 1 ? "stable" : "unstable" };
}

/** A root of f, which has opposite signs at `low` and `high`, to the last bit. @param {(x: number) => number} f */
function bisect(f, low, high) {
  const sign = Math.sign(f(low));
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    const value = f(middle);
    if (value === 0) return middle;
    if (Math.sign(value) === sign) low = middle;
    else high = middle;
  }
}

/**
 * Steps on the right side: below the threshold before the pulse, above it from the pulse on.
 * @param {Vector} h T+1 states, `h[0]` the initial one, which does not count @param {number} pulse step, from 1
 * @param {number} threshold @returns {{right: boolean[], before: number, after: number, score: number}} T flags; share
 */
export function hold_score(h, pulse, threshold) {
  const right = h.slice(1).map((v, k) => (k + 1 < pulse ? v < threshold : v > threshold));
  const before = right.filter((good, k) => good && k + 1 < pulse).length;
  const after = right.filter((good, k) => good && k + 1 >= pulse).length;
  return { right, before, after, score: (before + after) / right.length };
}

// ---- a language model over characters that writes ----------------------------------------------------------------

/**
 * The generator mulberry32: its first `count` numbers in [0, 1) from a whole number as seed. Every operation is on
 * 32-bit integers, so that `rnnlib.widgets.story_writer.uniforms` gives the same numbers.
 * @param {number} seed @param {number} count @returns {Vector}
 */
export function uniforms(seed, count) {
  let state = seed >>> 0;
  return Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  });
}

/**
 * @typedef {Object} Reader a GRU over embedded characters with a linear layer onto the vocabulary
 * @property {Cell} cell @property {Vector[]} gi (V, 3H) every character's projected input
 * @property {Matrix} output_weight (V, H) @property {Vector} output_bias (V,)
 */

/**
 * @param {Parameters & {embedding: Matrix, output_weight: Matrix, output_bias: Vector}} parameters
 * @returns {Reader}
 */
export function character_model({ embedding, output_weight, output_bias, ...parameters }) {
  const cell = { kind: "gru", ...parameters };
  const gi = embedding.map((x) => project_input(x, cell.weight_ih, cell.bias_ih));
  return { cell, gi, output_weight, output_bias };
}

/** Read one character: the state after it. @param {Reader} reader @param {number} id @param {Vector} h (H,) */
export const read_character = ({ cell, gi }, id, h) => gru_step(gi[id], h, cell.weight_hh, cell.bias_hh).h;

/** Scores of what may come next, (V,). @param {Reader} reader @param {Vector} h (H,) */
export const next_logits = ({ output_weight, output_bias }, h) => project_input(h, output_weight, output_bias);

/** The place of the largest number, the first of equal ones. @param {Vector} values */
export const argmax = (values) => values.reduce((best, v, k) => (v > values[best] ? k : best), 0);

/**
 * Probabilities at a temperature, relative to the likeliest one's: exp((l - max l) / T); at 0 the likeliest has all.
 * @param {Vector} logits @param {number} temperature @returns {Vector}
 */
export function relative_probabilities(logits, temperature) {
  const best = argmax(logits);
  if (temperature === 0) return logits.map((_, k) => Number(k === best));
  return logits.map((l) => Math.exp((l - logits[best]) / temperature));
}

/** Softmax of logits / T. @param {Vector} logits @param {number} temperature @returns {Vector} summing to 1 */
export function probabilities(logits, temperature = 1) {
  const relative = relative_probabilities(logits, temperature);
  const total = relative.reduce((sum, v) => sum + v, 0);
  return relative.map((v) => v / total);
}

/**
 * Inverse of the cumulative distribution: the first character at which the running sum exceeds u times the whole.
 * @param {Vector} logits @param {number} temperature @param {number} u in [0, 1) @returns {number} id
 */
export function draw_character(logits, temperature, u) {
  const relative = relative_probabilities(logits, temperature);
  const wanted = u * relative.reduce((sum, v) => sum + v, 0);
  let sum = 0;
  const id = relative.findIndex((v) => (sum += v) > wanted);
  return id < 0 ? argmax(logits) : id;
}

// ---- stacked layers: the grid of layers and steps ------------------------------------------------------------------

/** The wave that can compute a cell of the grid, all counted from 1. @param {number} layer @param {number} step */
export const wave_of = (layer, step) => layer + step - 1;

/**
 * The cells that one wave computes, from the lowest layer; none reads another of them.
 * @param {number} layers @param {number} length @param {number} wave
 * @returns {{layer: number, step: number}[]}
 */
export function cells_of_wave(layers, length, wave) {
  const numbers = Array.from({ length: layers }, (_, k) => k + 1);
  return numbers
    .map((layer) => ({ layer, step: wave - layer + 1 }))
    .filter(({ step }) => step >= 1 && step <= length);
}

/**
 * Weights in [-1, 1] of LSTM layers cut to a smaller network and divided by sqrt(H), as `rnnlib.widgets.layer_grid`
 * does: of each block of `units` rows the first H, of the blocks as many as the kind has gates.
 * @param {Parameters[]} stored one entry a layer @param {"rnn" | "gru" | "lstm"} kind @param {number} layers
 * @param {number} width H @param {number} units rows in each stored block @returns {Cell[]} from the bottom
 */
export function cut_stack(stored, kind, layers, width, units) {
  const gates = { rnn: 1, gru: 3, lstm: 4 }[kind];
  const scale = Math.sqrt(width);
  const rows = Array.from({ length: gates * width }, (_, j) => Math.floor(j / width) * units + (j % width));
  const vector = (values) => rows.map((row) => values[row] / scale);
  const matrix = (values, columns) => rows.map((row) => values[row].slice(0, columns).map((w) => w / scale));
  return stored.slice(0, layers).map(({ weight_ih, weight_hh, bias_ih, bias_hh }, k) => ({
    kind,
    weight_ih: matrix(weight_ih, k ? width : weight_ih[0].length),
    weight_hh: matrix(weight_hh, width),
    bias_ih: vector(bias_ih),
    bias_hh: vector(bias_hh),
  }));
}

/**
 * All states of stacked cells from zeros, computed wave by wave: a cell reads the layer below at its own step and its
 * own layer at the step before.
 * @param {Cell[]} cells from the bottom @param {Vector[]} x T inputs (I,)
 * @param {{layer: number, step: number, size: number} | null} nudge added to every unit of one h, once it is computed
 * @returns {{h: Vector[][], c: Vector[][] | null}} L lists of T states: `h[l - 1][t - 1]`; c of the LSTM, else null
 */
export function stacked_forward(cells, x, nudge = null) {
  const [L, T] = [cells.length, x.length];
  const none = zeros(hidden_size(cells[0]));
  const h = cells.map(() => new Array(T));
  const c = cells[0].kind === "lstm" ? cells.map(() => new Array(T)) : null;
  for (let wave = 1; wave <= wave_of(L, T); wave++) {
    for (const { layer, step } of cells_of_wave(L, T, wave)) {
      const [l, t] = [layer - 1, step - 1];
      const next = cell_step(cells[l], l ? h[l - 1][t] : x[t], h[l][t - 1] ?? none, c && (c[l][t - 1] ?? none));
      const here = nudge !== null && nudge.layer === layer && nudge.step === step;
      h[l][t] = here ? next.h.map((v) => v + nudge.size) : next.h;
      if (c) c[l][t] = next.c;
    }
  }
  return { h, c };
}

/** The largest difference between entries of two vectors. @param {Vector} a @param {Vector} b @returns {number} */
export const largest_difference = (a, b) => a.reduce((most, v, j) => Math.max(most, Math.abs(v - b[j])), 0);

/** How many numbers a list of lists holds, as `numel`. @param {any} values @returns {number} */
export const numel = (values) =>
  Array.isArray(values) ? values.reduce((sum, value) => sum + numel(value), 0) : 1;

/** How many parameters a cell has. @param {Cell} cell @returns {number} */
export const count_parameters = ({ weight_ih, weight_hh, bias_ih, bias_hh }) =>
  numel([weight_ih, weight_hh, bias_ih, bias_hh]);

// ---- what a character model keeps of what it has read --------------------------------------------------------------

/**
 * @typedef {Object} Rememberer a cell of any kind over embedded characters, with a linear layer onto the vocabulary
 * @property {Cell} cell @property {Matrix} embedding (V, E) @property {Vector[]} gi (V, G*H) projected inputs
 * @property {Matrix} output_weight (V, H) @property {Vector} output_bias (V,)
 */

/**
 * @param {"rnn" | "gru" | "lstm"} kind
 * @param {Parameters & {embedding: Matrix, output_weight: Matrix, output_bias: Vector}} parameters
 * @returns {Rememberer}
 */
export function remembering_model(kind, parameters) {
  const model = character_model(parameters);
  return { ...model, cell: { ...model.cell, kind }, embedding: parameters.embedding };
}

/** The mean of vectors, the k-th counted `weights[k]` times. @param {Vector[]} vectors @param {Vector} weights */
export function weighted_mean(vectors, weights) {
  const total = weights.reduce((sum, w) => sum + w, 0);
  const mean = zeros(vectors[0].length);
  add_matvec_transposed(mean, vectors, weights);
  return mean.map((v) => v / total);
}

/** Read characters one after another. @param {Rememberer} model @param {number[]} ids @returns {Trace} */
export function read_characters({ cell, embedding, gi }, ids) {
  const start = zeros(hidden_size(cell));
  const trace = { x: ids.map((id) => embedding[id]), steps: [], h: [start], c: cell.kind === "lstm" ? [start] : null };
  for (const [k, id] of ids.entries()) {
    const step = projected_step(cell, gi[id], trace.h[k], trace.c && trace.c[k]);
    trace.steps.push(step);
    trace.h.push(step.h);
    trace.c?.push(step.c);
  }
  return trace;
}

/** The first T steps of a trace. @param {Trace} trace @param {number} T @returns {Trace} */
export const first_steps = ({ x, steps, h, c }, T) => ({
  x: x.slice(0, T),
  steps: steps.slice(0, T),
  h: h.slice(0, T + 1),
  c: c && c.slice(0, T + 1),
});

/** ln of the sum of e^v. @param {Vector} values */
export function log_sum_exp(values) {
  const most = Math.max(...values);
  return most + Math.log(values.reduce((sum, v) => sum + Math.exp(v - most), 0));
}

/** A character's logit, or its log-probability. @param {Vector} logits @param {number} id @param {boolean} log_p */
export const score_of = (logits, id, log_p) => (log_p ? logits[id] - log_sum_exp(logits) : logits[id]);

/** d score / dh of the state from which the logits come, (H,). @param {Rememberer} model @param {Vector} logits (V,) */
export function score_gradient({ output_weight }, logits, id, log_p) {
  const by_logits = log_p ? probabilities(logits).map((p) => -p) : zeros(logits.length);
  by_logits[id] += 1;
  const dh = zeros(output_weight[0].length);
  add_matvec_transposed(dh, output_weight, by_logits);
  return dh;
}

/**
 * dL/dx_t for all steps, as `backward`, without the parameters' gradients: less than half the work.
 * @param {Cell} cell @param {Trace} trace @param {Vector} dh (H,) dL/dh_T @returns {Vector[]} T gradients (I,)
 */
export function input_gradients(cell, trace, dh) {
  const parameters = { weight_ih: null, weight_hh: null, bias_ih: null, bias_hh: null };
  const gradients = { h: [], c: [], x: Array(trace.steps.length), parameters };
  let carry = { h: dh, c: zeros(dh.length) };
  for (let t = trace.steps.length; t > 0; t--) carry = step_back(cell, trace, t, carry, gradients);
  return gradients.x;
}

/** What a gradient foretells of a change from one input to another: g . (to - from), to first order. */
export const foretold_change = (gradient, from, to) => dot(gradient, to) - dot(gradient, from);

/**
 * States from character `place` (from 0) on, with another projected input there; later ones are added as they are
 * wanted.
 * @typedef {{place: number, h: Vector[], c: Vector | null}} Path `h[k]`: after character place + k
 * @param {Rememberer} model @param {Trace} trace of the characters as they are @param {number} place
 * @param {Vector} gi (G*H,) @returns {Path}
 */
export function replaced_path({ cell }, trace, place, gi) {
  const step = projected_step(cell, gi, trace.h[place], trace.c && trace.c[place]);
  return { place, h: [step.h], c: step.c ?? null };
}

/** Read on until `length` characters are read; the state then. @param {Rememberer} model @param {Path} path */
export function follow_path({ cell, gi }, path, ids, length) {
  while (path.place + path.h.length < length) {
    const step = projected_step(cell, gi[ids[path.place + path.h.length]], path.h.at(-1), path.c);
    path.h.push(step.h);
    path.c = step.c ?? null;
  }
  return path.h[length - path.place - 1];
}

/**
 * How many values, counted from the last, carry a share of the whole.
 * @param {Vector} sizes none negative @param {number} share
 * @returns {{count: number, sum: number, total: number}} `sum`: of those last ones; all 0 where the total is
 */
export function carried_back(sizes, share = 0.9) {
  const total = sizes.reduceRight((sum, v) => sum + v, 0);
  let [count, sum] = [0, 0];
  while (total > 0 && sum < share * total) sum += sizes[sizes.length - ++count];
  return { count, sum, total };
}

// ---- both directions, and words at a blank -----------------------------------------------------------------------

/**
 * A layer that reads both ways. A state stands at its word: `forward[t]` has read words 0 to t, `backward[t]` words t
 * to T - 1; `output[t]` of torch is the two of them together. `h_n` is where each direction ends.
 * @param {[Cell, Cell]} cells the second reads from the last word to the first @param {Vector[]} x T inputs
 * @returns {{forward: Vector[], backward: Vector[], h_n: [Vector, Vector]}} T states of each direction
 */
export function both_directions([rightwards, leftwards], x) {
  const there = forward(rightwards, x).h;
  const back = forward(leftwards, x.slice().reverse()).h;
  return { forward: there.slice(1), backward: back.slice(1).reverse(), h_n: [there.at(-1), back.at(-1)] };
}

/**
 * What two directions know of a place without having read it: the forward state before it and the backward state
 * after it, zeros where there is no word. @param {{forward: Vector[], backward: Vector[]}} states @returns {Vector} (2H,)
 */
export function state_around({ forward: there, backward: back }, t) {
  const none = zeros(there[t].length);
  return [...(there[t - 1] ?? none), ...(back[t + 1] ?? none)];
}

/**
 * Scores of all words: the embedding as output layer, W_e (W_p s + b_p) + b. @param {Matrix} embedding (V, E)
 * @param {{weight: Matrix, bias: Vector}} projection (E, S), (E,) @param {Vector} bias (V,) @param {Vector} state (S,)
 * @returns {Vector} (V,)
 */
export const word_scores = (embedding, projection, bias, state) =>
  project_input(project_input(state, projection.weight, projection.bias), embedding, bias);

/** Are two vectors the same to the last bit? @param {Vector} a @param {Vector} b */
export const same_bits = (a, b) => a.length === b.length && a.every((v, j) => Object.is(v, b[j]));

/** The largest of the entries' differences, as a size. @param {Vector} a @param {Vector} b */
export const largest_change = (a, b) => a.reduce((most, v, j) => Math.max(most, Math.abs(v - b[j])), 0);

/** Perplexity of words that were given the probabilities p: exp of the mean of -ln p. @param {Vector} p */
export const perplexity_of = (p) => Math.exp(-p.reduce((sum, v) => sum + Math.log(v), 0) / p.length);
