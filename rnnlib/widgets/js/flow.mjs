/** The numbers of the gradient-flow widget: three cells, one loss at the last step, how far back it reaches. No DOM. */
import {
  backward, clip_factor, forward, global_norm, hidden_size, largest_singular_value, norm, reach_bound, scaled,
  spectral_norms, with_forget_bias, with_update_bias, zeros,
} from "./core.mjs";

/**
 * @typedef {import("./core.mjs").Cell} Cell
 * @typedef {import("./core.mjs").Trace} Trace
 * @typedef {"rnn" | "gru" | "lstm"} Kind
 * @typedef {Record<string, any>} Settings values of the traits, see `GradientFlow` in Python
 * @typedef {number[][]} Rows
 * @typedef {{gates: Record<string, {weight_ih: Rows, weight_hh: Rows}>, matrices: Record<string, Rows>, inputs: Rows}}
 *   Draw one seed's weights: gate blocks `n r z o` of radius 1, other matrices for the candidate
 * @typedef {{seeds: Record<string, Draw>}} Payload
 * @typedef {{reach: number[], reach_c?: number[], bound: number[], bound_c?: number[], sigma?: number,
 *   parameter_norm: number}} Flow arrays over t = 1..T at index t - 1
 * @typedef {{settings: Settings, flows: Record<Kind, Flow>, closed: Record<string, number[] | null>}} View
 */

/** @type {Kind[]} */
export const CELLS = ["rnn", "gru", "lstm"];
const BLOCKS = { rnn: ["n"], gru: ["r", "z", "n"], lstm: ["r", "z", "n", "o"] }; // the LSTM's i f g o
const COMMON = ["length", "radius", "input_scale", "matrix", "seed"];

/** The setting that only this cell has. @type {Record<Kind, string>} */
export const OWN = { rnn: "nonlinearity", gru: "update_bias", lstm: "forget_bias" };

/** Settings that the numbers depend on. */
export const SETTINGS = [...COMMON, ...Object.values(OWN), "clipping", "clip"];

/**
 * A cell of the widget: gate blocks stacked, the recurrent ones times the radius, biases zero but for one gate's.
 * RNN and candidates share one matrix; so do reset and input gate, and update and forget gate.
 * @param {Kind} kind @param {Draw} draw @param {Settings} settings @returns {Cell}
 */
export function build_cell(kind, draw, settings) {
  const candidate = draw.matrices[settings.matrix] ?? draw.gates.n.weight_hh;
  const blocks = BLOCKS[kind];
  const recurrent = blocks.flatMap((gate) => (gate === "n" ? candidate : draw.gates[gate].weight_hh));
  const cell = {
    kind,
    weight_ih: blocks.flatMap((gate) => draw.gates[gate].weight_ih),
    weight_hh: scaled(recurrent, settings.radius),
    bias_ih: zeros(recurrent.length),
    bias_hh: zeros(recurrent.length),
    nonlinearity: settings.nonlinearity,
  };
  if (kind === "gru") return with_update_bias(cell, settings.update_bias);
  return kind === "lstm" ? with_forget_bias(cell, settings.forget_bias) : cell;
}

/**
 * Forward, and back from L = (sum of h_T) / sqrt(H): dL/dh_T then has norm 1.
 * @param {Kind} kind @param {Settings} settings @param {Payload} payload
 */
function run(kind, settings, payload) {
  const draw = payload.seeds[settings.seed];
  const cell = build_cell(kind, draw, settings);
  const H = hidden_size(cell);
  const trace = forward(cell, scaled(draw.inputs.slice(0, settings.length), settings.input_scale));
  const gradients = backward(cell, trace, zeros(H).fill(1 / Math.sqrt(H)));
  const norms = (of) => of.slice(1).map(norm); // t = 1..T
  return { cell, trace, gradients, reach: norms(gradients.h), reach_c: gradients.c ? norms(gradients.c) : undefined };
}

/** Everything that the widget shows of one cell. @param {Kind} kind @returns {Flow} */
export function flow(kind, settings, payload) {
  const { cell, trace, gradients, reach, reach_c } = run(kind, settings, payload);
  const parameter_norm = global_norm(gradients.parameters);
  const sigma = kind === "rnn" ? largest_singular_value(cell.weight_hh) : undefined;
  const norms = kind === "rnn" ? zeros(settings.length).fill(sigma) : spectral_norms(cell, trace);
  const bound = reach_bound(norms).slice(1);
  const bound_c = kind === "lstm" ? cell_state_bound(bound, trace) : undefined;
  return { reach, reach_c, bound, bound_c, sigma, parameter_norm };
}

/**
 * dL/dc_t counts what c_t does through h_t: c_t moves the joint state by [o (1 - tanh^2 c_t), 1], a matrix with norm
 * sqrt(1 + max (o (1 - tanh^2 c_t))^2). @param {number[]} bound @param {Trace} trace
 */
function cell_state_bound(bound, trace) {
  return bound.map((value, t) => {
    const { o, c } = trace.steps[t];
    const slopes = c.map((c_t, j) => o[j] * (1 - Math.tanh(c_t) ** 2));
    return value * Math.sqrt(1 + Math.max(...slopes) ** 2);
  });
}

/** All cells' flows. @param {Settings} settings @param {Payload} payload @returns {Record<Kind, Flow>} */
export const flows_of = (settings, payload) =>
  Object.fromEntries(CELLS.map((kind) => [kind, flow(kind, settings, payload)]));

/** The factor that clipping puts on the parameters' gradient, 1 where it does nothing. @param {Flow} flow */
export const clipping_of = (settings, { parameter_norm }) =>
  settings.clipping ? clip_factor(parameter_norm, settings.clip) : 1;

/** A function of the settings that computes anew only after one of the named ones has changed. */
function remembering(names, compute) {
  let [key, value] = [null, null];
  return (settings) => {
    const now = names.map((name) => settings[name]).join();
    if (now !== key) [key, value] = [now, compute(settings)];
    return value;
  };
}

/**
 * Computes a view: the flows, and the gated cells' main curves with the gate's bias at 0, where it is not 0 anyway.
 * @param {Payload} payload @returns {(settings: Settings) => View}
 */
export function computer(payload) {
  const flows = CELLS.map((kind) => {
    const compute = (settings) => flow(kind, settings, payload);
    return [kind, remembering([...COMMON, OWN[kind]], compute)];
  });
  const closed = ["gru", "lstm"].map((kind) => {
    const at_zero = (settings) => run(kind, { ...settings, [OWN[kind]]: 0 }, payload);
    return [kind, remembering(COMMON, at_zero)];
  });
  return (settings) => ({
    settings,
    flows: Object.fromEntries(flows.map(([kind, of]) => [kind, of(settings)])),
    closed: Object.fromEntries(closed.map(([kind, of]) => {
      if (settings[OWN[kind]] === 0) return [kind, null];
      const { reach, reach_c } = of(settings);
      return [kind, reach_c ?? reach];
    })),
  });
}

/** What Python reads as `w.reach`. @param {Record<Kind, Flow>} flows @returns {Record<string, number[]>} */
export const reach_of = ({ rnn, gru, lstm }) => ({
  rnn: rnn.reach,
  gru: gru.reach,
  lstm: lstm.reach,
  lstm_c: lstm.reach_c,
});
