// What the page does for an explorer, or for a panel that stands alone: see companion.py.

/** Milliseconds for which words have to stand before they are spoken: a drag or a wheel is told of once. */
const PAUSE = 700;
const COPIED = 1500;
const HANDLE = ".noUi-handle";
const UNNAMED = `${HANDLE}, .widget-readout, .widget-colorpicker input[type=color]`;
const STOP = 15;
/** Degrees from a stop within which a press means the stop. */
const NEAR = 3;
/** Pixels that a pointer moves before it drags. */
const TREMBLE = 3;

function set(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

// ---- names for readers of the screen

function nameControls(root) {
  for (const part of root.querySelectorAll(UNNAMED)) {
    const label = part.closest(".jupyter-widgets")?.querySelector(":scope > .widget-label")?.textContent.trim();
    if (label) set(part, "aria-label", `${label}${endOf(part)}`);
  }
  for (const map of root.querySelectorAll(".leaflet-container")) {
    set(map, "role", "group");
    set(map, "aria-label", "Map: arrow keys move it, plus and minus zoom");
  }
}

function endOf(part) {
  const both = part.matches(HANDLE) && part.closest(".noUi-target").querySelectorAll(HANDLE).length > 1;
  if (!both) return "";
  return part.classList.contains("noUi-handle-lower") ? ", from" : ", to";
}

// ---- what is spoken

/** A live region that stays; of several views of one explorer only the first one on the page speaks. */
function makeVoice(el, voices) {
  const region = document.createElement("div");
  region.setAttribute("role", "status");
  region.setAttribute("aria-live", "polite");
  el.append(region);
  let words = "";
  let timer = 0;
  const voice = {
    region,
    say(said) {
      if (said === words) return;
      words = said;
      clearTimeout(timer);
      const first = [...voices].find((each) => each.region.isConnected);
      if (first !== voice || !said) region.textContent = "";
      else timer = setTimeout(() => { region.textContent = said; }, PAUSE);
    },
    end() {
      clearTimeout(timer);
      voices.delete(voice);
    },
  };
  voices.add(voice);
  return voice;
}

function speakStatus(root, voice) {
  const line = root.querySelector(".me-status-line");
  if (!line) return;
  if (line.getAttribute("role") === "status") { // it came in together with its words: spoken twice, or never
    line.removeAttribute("role");
    line.removeAttribute("aria-live");
  }
  voice.say(line.dataset.said ?? "");
}

// ---- texts to copy

async function copy(button, voice) {
  const box = button.closest(".me-copying")?.querySelector(".me-copied :is(textarea, input)");
  if (!box || button.dataset.copied) return;
  box.select();
  const written = await navigator.clipboard?.writeText(box.value).then(() => true, () => false);
  const words = button.textContent;
  const said = written || document.execCommand("copy") ? "Copied" : "Press Ctrl+C";
  button.dataset.copied = "true";
  button.textContent = said;
  voice.say(said);
  setTimeout(() => {
    button.textContent = words;
    delete button.dataset.copied;
  }, COPIED);
}

// ---- the dial of the rotation: what it is turned to stands in the field beside it, which the kernel hears

const field = (dial) => dial.closest(".me-rotation").querySelector(".me-angle input");
const rotationOf = (dial) => parseFloat(field(dial).value) || 0;
/** The same angle between -180 (not included) and 180 degrees. */
const turned = (angle) => 180 - ((((180 - angle) % 360) + 360) % 360);

function draw(dial) {
  const face = dial.querySelector("svg");
  if (!face) return;
  set(dial, "role", "slider");
  set(dial, "tabindex", "0");
  set(dial, "aria-label", "Compass: where north points, in degrees clockwise from up");
  set(dial, "aria-valuemin", -180);
  set(dial, "aria-valuemax", 180);
  set(dial, "aria-valuenow", face.dataset.bearing);
  set(dial, "aria-valuetext", face.dataset.words);
  set(dial, "title", "Drag to turn the map, with Shift in steps of 15°");
  const rotation = rotationOf(dial); // ahead of the face while the kernel is busy
  face.style.setProperty("--me-bearing", `${-rotation}deg`);
  const figures = `${Number(turned(rotation).toPrecision(4))}°`.replace("-", "\u2212");
  const text = face.querySelector(".me-dial-figures");
  if (text.textContent !== figures) text.textContent = figures;
}

function turn(dial, bearing) {
  const input = field(dial);
  const rotation = String(Number(turned(-bearing).toPrecision(12)));
  if (input.value === rotation) return;
  input.value = rotation;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  draw(dial);
}

/** Degrees clockwise from the top at which the pointer is; nothing in the middle, where all are near. */
function bearingOf(dial, event) {
  const box = dial.getBoundingClientRect();
  const across = event.clientX - box.left - box.width / 2;
  const down = event.clientY - box.top - box.height / 2;
  return Math.hypot(across, down) < 12 ? null : (Math.atan2(across, -down) * 180) / Math.PI;
}

function followPointer(dial, event, pressed) {
  const bearing = bearingOf(dial, event);
  if (bearing === null) return;
  const stop = Math.round(bearing / STOP) * STOP;
  const meant = event.shiftKey || (pressed && Math.abs(bearing - stop) <= NEAR);
  turn(dial, meant ? stop : Math.round(bearing));
}

function drag(dial, event, signal) {
  event.preventDefault();
  dial.focus({ preventScroll: true });
  dial.setPointerCapture(event.pointerId);
  followPointer(dial, event, true);
  const ending = new AbortController();
  const listening = { signal: AbortSignal.any([ending.signal, signal]) };
  let held = true; // a press that trembles is no drag
  dial.addEventListener("pointermove", (moved) => {
    held &&= Math.hypot(moved.clientX - event.clientX, moved.clientY - event.clientY) < TREMBLE;
    if (!held && moved.pointerId === event.pointerId) followPointer(dial, moved, false);
  }, listening);
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    dial.addEventListener(end, () => ending.abort(), listening);
  }
}

function turnByKey(dial, event) {
  const bearing = -rotationOf(dial);
  const step = event.shiftKey ? STOP : 1;
  const wanted = {
    ArrowRight: bearing + step, ArrowUp: bearing + step,
    ArrowLeft: bearing - step, ArrowDown: bearing - step,
    PageUp: bearing + STOP, PageDown: bearing - STOP,
    Home: 0, End: 180,
  }[event.key];
  if (wanted === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  turn(dial, wanted);
}

// ---- keys

/** JupyterLab and Notebook take plain keys for commands, also where a control has the focus: an arrow in a list
 * would walk the cells, the letter m delete the explorer. They listen on the document, and skip an element
 * with this attribute. Keys with Ctrl, Alt or Meta, and Shift+Enter, stay theirs. */
function keepKeys(root, signal) {
  window.addEventListener("keydown", (event) => {
    const { target } = event;
    if (!(target instanceof Element) || !root.contains(target)) return;
    const theirs = event.ctrlKey || event.altKey || event.metaKey || (event.shiftKey && event.key === "Enter");
    target.toggleAttribute("data-lm-suppress-shortcuts", !theirs);
  }, { capture: true, signal });
}

// ---- the screen

function tellRatio(model, signal) {
  const tell = () => {
    const ratio = window.devicePixelRatio || 1;
    if (model.get("ratio") !== ratio) {
      model.set("ratio", ratio);
      model.save_changes();
    }
    const changes = window.matchMedia(`(resolution: ${ratio}dppx)`);
    changes.addEventListener("change", tell, { once: true, signal });
  };
  tell();
}

// ---- one view of the companion

function accompany(root, voice, signal) {
  const look = () => {
    nameControls(root);
    speakStatus(root, voice);
    root.querySelectorAll(".me-copy").forEach((button) => set(button, "data-works", "true"));
    root.querySelectorAll(".me-dial").forEach(draw);
  };
  const watcher = new MutationObserver(look);
  watcher.observe(root, { childList: true, subtree: true });
  signal.addEventListener("abort", () => watcher.disconnect());
  const inside = (event, selector) => (event.target instanceof Element ? event.target.closest(selector) : null);
  root.addEventListener("click", (event) => {
    const button = inside(event, ".me-copy");
    if (button) copy(button, voice);
  }, { signal });
  root.addEventListener("pointerdown", (event) => {
    const dial = inside(event, ".me-dial");
    if (dial && event.isPrimary && event.button === 0) drag(dial, event, signal);
  }, { signal });
  keepKeys(root, signal);
  root.addEventListener("keydown", (event) => {
    const dial = inside(event, ".me-dial");
    if (dial) turnByKey(dial, event);
  }, { signal });
  look();
}

export default () => {
  const voices = new Set();
  return {
    render({ model, el }) {
      const ending = new AbortController();
      const { signal } = ending;
      Object.assign(el.style, {
        position: "absolute", width: "1px", height: "1px", minWidth: "0", margin: "0",
        overflow: "hidden", clipPath: "inset(50%)", whiteSpace: "nowrap",
      });
      const voice = makeVoice(el, voices);
      // The view is made before it stands in its box; its size is known once it does.
      const arrival = new ResizeObserver(() => {
        if (!el.parentElement) return;
        arrival.disconnect();
        accompany(el.parentElement, voice, signal);
        tellRatio(model, signal);
      });
      arrival.observe(el);
      return () => {
        arrival.disconnect();
        voice.end();
        ending.abort();
      };
    },
  };
};
