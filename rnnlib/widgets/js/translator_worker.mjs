/**
 * The translator in a worker, so that the page never waits. The worker is made of these modules' own text, since no
 * script loads into a worker from `file://`; where none can be made, the page works in small slices itself.
 */
import { look, prepared } from "./translator_core.mjs";

/* global $make: the loader's functions of all modules, see rnnlib/widgets/loader.py */

/** What the worker needs, each after what it imports. */
const MODULES = ["core", "beam", "weights", "translator_network", "word_tokens", "translator_core", "translator_worker"];
const WORKER_SLICE = 25; // ms of work between looks for a newer wish
const PAGE_SLICE = 8;

/**
 * @typedef {{id: number, settings: import("./translator_core.mjs").Settings}} Wish
 * @typedef {{ready: true} | {id: number, view: any} | {id: number, problem: string}} Answer
 */

/**
 * Works off what it is told: first `{stored}`, the weights, then wishes, of which only the newest counts.
 * @param {(answer: Answer) => void} post @param {number} slice ms @param {(act: () => void) => void} later
 * @returns {(message: {stored: any} | Wish) => void}
 */
export function make_service(post, slice, later) {
  const memory = {};
  let translator = null;
  let wish = null;
  let job = null;
  let end = 0;
  let waiting = false;
  const late = () => performance.now() > end;
  function* preparing(stored) {
    translator = yield* prepared(stored);
    post({ ready: true });
  }
  function schedule() {
    if (waiting) return;
    waiting = true;
    later(work);
  }
  function work() {
    waiting = false;
    end = performance.now() + slice;
    do step();
    while ((job || (translator && wish)) && !late());
    if (job || (translator && wish)) schedule();
  }
  function step() {
    if (translator && wish) {
      job = { id: wish.id, parts: look(translator, wish.settings, memory, late) };
      wish = null;
    }
    try {
      const { value, done } = job.parts.next();
      if (value) post({ id: job.id, view: value });
      if (done) job = null;
    } catch (error) {
      post({ id: job.id, problem: error.message });
      job = null;
    }
  }
  return (message) => {
    if (message.stored) job = { id: 0, parts: preparing(message.stored) };
    else wish = message;
    if (job || translator) schedule();
  };
}

/** Calls soon, after what else is waiting. @returns {(act: () => void) => void} */
function by_channel() {
  const { port1, port2 } = new MessageChannel();
  let next = null;
  port1.onmessage = () => next();
  return (act) => {
    next = act;
    port2.postMessage(null);
  };
}

/** What the worker does. @param {any} scope its global scope */
export function work_here(scope) {
  const receive = make_service((answer) => scope.postMessage(answer), WORKER_SLICE, by_channel());
  scope.onmessage = ({ data }) => receive(data);
}

/** The text of the worker's script. @returns {string} */
export function worker_script() {
  const scopes = MODULES.map((name) => `$make.${name} = ${$make[name]};\n$modules.${name} = $make.${name}();\n`);
  return `"use strict";\nconst [$make, $modules] = [{}, {}];\n${scopes.join("")}$modules.translator_worker.work_here(self);\n`;
}

/**
 * A translator at work, in a worker if the page can make one. @param {any} stored its weights
 * @param {(answer: Answer) => void} hear @returns {{ask: (wish: Wish) => void, stop: () => void}}
 */
export function start_translator(stored, hear) {
  let wish = null; // the last one
  let worker = null;
  let heard = false;
  let ended = false;
  let send = null;
  const listen = (answer) => {
    heard = true;
    if (!ended) hear(answer);
  };
  const here = () => {
    worker = null;
    send = make_service(listen, PAGE_SLICE, (act) => setTimeout(act, 0));
    send({ stored });
    if (wish) send(wish);
  };
  try {
    const address = URL.createObjectURL(new Blob([worker_script()], { type: "text/javascript" }));
    worker = new Worker(address);
    worker.onmessage = ({ data }) => {
      if (!heard) URL.revokeObjectURL(address);
      listen(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (!heard && !ended) here(); // it never started
    };
    send = (message) => worker.postMessage(message);
    send({ stored });
  } catch {
    here(); // no workers here
  }
  return {
    ask(next) {
      wish = next;
      send(next);
    },
    stop() {
      ended = true;
      worker?.terminate();
    },
  };
}
