// The terminal of a visitor: what is typed goes to the app, what the app draws comes back.
// A lost connection is made again; the app runs on meanwhile.

import { Terminal } from "./xterm/xterm.mjs";
import { FitAddon } from "./xterm/addon-fit.mjs";
import { WebglAddon } from "./xterm/addon-webgl.mjs";

const FONT = '"Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace';
const LARGEST = 16, SMALLEST = 9; // pixels of the font
const WANTED_COLUMNS = 100, WANTED_ROWS = 30; // the font shrinks until so many fit
const PIECE = 16_384; // bytes of a message: a long paste is sent in pieces
const FIRST_WAIT = 500, LONGEST_WAIT = 8_000; // milliseconds until the connection is tried again

// Keys that the browser takes for itself, and keeps from every page: with alt they reach the app.
// Tried with real keys in Chromium 156 and Firefox 153; q is Firefox's alone.
const INSTEAD = { n: "\x0e", t: "\x14", w: "\x17", q: "\x11" };

// The codes that the server closes with; it tries no other.
const ENDINGS = {
  4000: "freshtoken was left. Your org is kept.",
  4001: "freshtoken is open in another tab of this browser.",
  4002: "freshtoken was ended because nobody used it for a while. Your org is kept.",
  4003: "All places are taken now. Your org is kept; try again when somebody has left.",
  4004: "freshtoken stopped because of an error. Your org is kept; whoever runs freshtoken web sees what happened.",
};
const UNKNOWN = 4005;

const element = (id) => document.getElementById(id);
const terminal = new Terminal({
  fontFamily: FONT, fontSize: LARGEST, cursorBlink: false, scrollback: 0, allowProposedApi: false,
  macOptionIsMeta: false, theme: { background: "#0e1419" },
});
const fit = new FitAddon();
let socket = null, wait = FIRST_WAIT, hasFocus = false;

terminal.loadAddon(fit);
terminal.open(element("terminal"));
try {
  const webgl = new WebglAddon();
  webgl.onContextLoss(() => webgl.dispose());
  terminal.loadAddon(webgl); // draws lines and blocks without gaps
} catch {
  // without WebGL the browser's own text is drawn
}

function measure() {
  for (let size = LARGEST; size >= SMALLEST; size--) {
    terminal.options.fontSize = size;
    const found = fit.proposeDimensions();
    if (found && found.cols >= WANTED_COLUMNS && found.rows >= WANTED_ROWS) break;
  }
  fit.fit();
}

function say(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function sendSize(type) {
  say({ type, width: terminal.cols, height: terminal.rows });
}

function sayFocus(focus) {
  hasFocus = focus;
  say({ type: focus ? "focus" : "blur" });
}

function type(text) {
  if (socket?.readyState !== WebSocket.OPEN) return;
  if (!hasFocus) sayFocus(true); // without it the app has no focus for what is typed
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += PIECE) socket.send(bytes.subarray(at, at + PIECE));
}

function notice(words, button) {
  element("words").textContent = words;
  element("again").hidden = !button;
  element("notice").hidden = !words;
  if (button) element("again").focus();
  else if (!words) terminal.focus();
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(`${scheme}//${location.host}/terminal`);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    terminal.reset();
    sendSize("size");
    sayFocus(document.hasFocus());
  };
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") {
      heed(JSON.parse(data));
      return;
    }
    if (!element("notice").hidden) notice("", false);
    wait = FIRST_WAIT;
    terminal.write(new Uint8Array(data));
  };
  socket.onclose = ({ code }) => {
    if (code === UNKNOWN) location.reload();
    else if (code in ENDINGS) notice(ENDINGS[code], true);
    else {
      notice("The connection was lost; it is tried again.", false);
      setTimeout(connect, wait);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
  };
}

function heed(asked) {
  if (asked.type === "download") {
    const link = document.createElement("a");
    link.href = `/files/${encodeURIComponent(asked.name)}`;
    link.download = asked.name;
    link.click();
  } else if (asked.type === "open" && /^https?:/.test(asked.url)) {
    window.open(asked.url, "_blank", "noopener");
  }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // a page that came by plain HTTP from another machine has no navigator.clipboard
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    terminal.focus();
  }
}

terminal.parser.registerOscHandler(52, (data) => {
  const encoded = data.slice(data.indexOf(";") + 1);
  const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
  copy(new TextDecoder().decode(bytes));
  return true;
});

terminal.attachCustomKeyEventHandler((event) => {
  const key = event.key.toLowerCase();
  const control = event.ctrlKey || event.metaKey;
  if (event.altKey && !control && key in INSTEAD) {
    if (event.type === "keydown") type(INSTEAD[key]);
    event.preventDefault();
    return false;
  }
  const pastes = control && key === "v";
  const zooms = control && ["+", "-", "=", "0"].includes(key);
  return !pastes && !zooms && key !== "f11"; // those are the browser's
});

terminal.onData(type);
terminal.onResize(() => sendSize("resize"));
terminal.textarea.addEventListener("focus", () => sayFocus(true));
terminal.textarea.addEventListener("blur", () => sayFocus(false));
element("again").addEventListener("click", () => {
  notice("", false);
  connect();
});
new ResizeObserver(measure).observe(element("terminal"));

// In full screen Chromium hands over every key, where the page is secure; elsewhere nothing changes.
element("full").addEventListener("click", async () => {
  await document.documentElement.requestFullscreen();
  await navigator.keyboard?.lock?.();
  terminal.focus();
});
element("keys").innerHTML =
  "The browser keeps <kbd>ctrl+n</kbd>, <kbd>ctrl+t</kbd>, <kbd>ctrl+w</kbd> and sometimes " +
  "<kbd>ctrl+q</kbd> for itself: press <kbd>alt</kbd> with the same letter.";

measure();
connect();
terminal.focus();
