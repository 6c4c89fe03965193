/** The program and the style of the page of a run: made of `src/page` by `npx tsx test/support/bundle_page.ts`. */

export const PAGE_PROGRAM: string = `
"use strict";
(() => {
  // src/trace_format.ts
  function formatRecord(record) {
    const args = Object.entries(record.args).map(
      ([name, value]) => name === "fd" ? show(value) : \`\${name}: \${show(value)}\`
    );
    const results = Object.entries(record.results).map(([name, value]) => \`\${name}: \${show(value)}\`);
    const outcome = record.errno === "ended" ? "?" : record.errno === "ESUCCESS" ? "0" : \`-1 \${record.errno}\`;
    return \`\${record.call}(\${args.join(", ")}) = \${outcome}\${results.length > 0 ? \` {\${results.join(", ")}}\` : ""}\`;
  }
  var POINTER = /^0x[0-9a-f]+$/;
  var FLAGS = /^[A-Z][A-Z_]*(\\|[A-Z0-9x_]+)*$/;
  function show(value) {
    if (typeof value === "string")
      return POINTER.test(value) || FLAGS.test(value) || value === "0" ? value : JSON.stringify(value);
    if (typeof value === "object" && value !== null) {
      return \`{\${Object.entries(value).map(([name, inner]) => \`\${name}: \${show(inner)}\`).join(", ")}}\`;
    }
    return String(value);
  }

  // src/page/dom.ts
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== void 0 && value !== false) element.setAttribute(name, value === true ? "" : String(value));
    }
    element.append(...children.filter((child) => child !== void 0));
    return element;
  }
  function button(attributes, label, press) {
    const element = make("button", { type: "button", ...attributes }, label);
    element.addEventListener("click", press);
    return element;
  }
  function panel(id, title, ...children) {
    return make(
      "section",
      { id, "aria-labelledby": \`\${id}-title\` },
      make("h2", { id: \`\${id}-title\` }, title),
      ...children
    );
  }
  function nameOf(text) {
    return make("bdi", {}, text);
  }
  function replace(element, ...children) {
    const active = document.activeElement;
    const key = active instanceof HTMLElement && element.contains(active) ? active.dataset.key : void 0;
    element.replaceChildren(...children.filter((child) => child !== void 0));
    if (key === void 0) return;
    for (const candidate of element.querySelectorAll("[data-key]")) {
      if (candidate.dataset.key === key) candidate.focus({ preventScroll: true });
    }
  }

  // vfs/bytes.ts
  var ASCII = /^[\\x00-\\x7f]*$/;
  function byteString(text) {
    if (ASCII.test(text)) return text;
    let out = "";
    for (const char of text) {
      let code = char.codePointAt(0) ?? 0;
      if (code >= 55296 && code <= 57343) code = 65533;
      if (code < 128) out += char;
      else if (code < 2048) out += String.fromCharCode(192 | code >> 6, 128 | code & 63);
      else if (code < 65536)
        out += String.fromCharCode(224 | code >> 12, 128 | code >> 6 & 63, 128 | code & 63);
      else {
        const [a, b, c, d] = [code >> 18, code >> 12 & 63, code >> 6 & 63, code & 63];
        out += String.fromCharCode(240 | a, 128 | b, 128 | c, 128 | d);
      }
    }
    return out;
  }
  function textOf(bytes) {
    return ASCII.test(bytes) ? bytes : decodeUtf8(encodeLatin1(bytes));
  }
  function isUtf8(bytes) {
    if (ASCII.test(bytes)) return true;
    for (let i = 0; i < bytes.length; ) {
      const size = sequenceSize(
        bytes.charCodeAt(i),
        bytes.charCodeAt(i + 1),
        bytes.charCodeAt(i + 2),
        bytes.charCodeAt(i + 3)
      );
      if (size <= 0) return false;
      i += size;
    }
    return true;
  }
  function encodeLatin1(bytes) {
    const out = new Uint8Array(bytes.length);
    for (let i = 0; i < bytes.length; i++) out[i] = bytes.charCodeAt(i);
    return out;
  }
  function decodeUtf8(bytes) {
    let out = "";
    let units = [];
    for (let i = 0; i < bytes.length; ) {
      const a = bytes[i];
      if (a < 128) {
        units.push(a);
        i++;
      } else {
        const size = sequenceSize(a, bytes[i + 1], bytes[i + 2], bytes[i + 3]);
        if (size <= 0) {
          units.push(65533);
          i += size === 0 ? 1 : -size;
        } else {
          let code = a & 255 >> size + 1;
          for (let k = 1; k < size; k++) code = code << 6 | bytes[i + k] & 63;
          if (code >= 65536) units.push(55296 + (code - 65536 >> 10), 56320 + (code & 1023));
          else units.push(code);
          i += size;
        }
      }
      if (units.length >= 8192) {
        out += String.fromCharCode(...units);
        units = [];
      }
    }
    return out + String.fromCharCode(...units);
  }
  function sequenceSize(a, b, c, d) {
    if (a < 128) return 1;
    if (a < 194 || a > 244) return 0;
    if (a < 224) return within(b, 128, 191) ? 2 : 0;
    const low = a === 224 ? 160 : a === 240 ? 144 : 128;
    const high = a === 237 ? 159 : a === 244 ? 143 : 191;
    if (!within(b, low, high)) return 0;
    if (!within(c, 128, 191)) return -2;
    if (a < 240) return 3;
    return within(d, 128, 191) ? 4 : -3;
  }
  function within(byte, low, high) {
    return byte !== void 0 && byte >= low && byte <= high;
  }

  // src/page/format.ts
  var DAY_SECONDS = 86400n;
  function instantText(ns) {
    const seconds = ns / 1000000000n;
    const { year, month, day } = dateOf(Number(seconds / DAY_SECONDS));
    const inDay = Number(seconds % DAY_SECONDS);
    const clock = [Math.floor(inDay / 3600), Math.floor(inDay / 60) % 60, inDay % 60];
    const two = (number) => String(number).padStart(2, "0");
    return \`\${year}-\${two(month)}-\${two(day)} \${clock.map(two).join(":")}.\${fraction(ns)}\`;
  }
  function secondsText(ns) {
    return \`\${ns / 1000000000n}.\${fraction(ns)} s\`;
  }
  function fraction(ns) {
    return String(ns % 1000000000n).padStart(9, "0");
  }
  function dateOf(days) {
    const shifted = days + 719468;
    const era = Math.floor(shifted / 146097);
    const inEra = shifted - era * 146097;
    const yearInEra = Math.floor(
      (inEra - Math.floor(inEra / 1460) + Math.floor(inEra / 36524) - Math.floor(inEra / 146096)) / 365
    );
    const inYear = inEra - (365 * yearInEra + Math.floor(yearInEra / 4) - Math.floor(yearInEra / 100));
    const fromMarch = Math.floor((5 * inYear + 2) / 153);
    const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
    const day = inYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
    return { year: yearInEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
  }
  function visible(text) {
    return text.replace(/[\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]/g, (char) => {
      if (char === "\\n") return "\\\\n";
      if (char === "	") return "\\\\t";
      return \`\\\\u\${char.charCodeAt(0).toString(16).padStart(4, "0")}\`;
    });
  }
  function grouped(number) {
    return String(number).replace(/\\B(?=(\\d{3})+$)/g, ",");
  }
  function modeText(mode) {
    return mode.toString(8).padStart(4, "0");
  }
  function isText(bytes) {
    return !/[\\x00-\\x08\\x0e-\\x1a\\x1c-\\x1f]/.test(bytes) && isUtf8(wholeCharacters(bytes));
  }
  function wholeCharacters(bytes) {
    return bytes.replace(/[\\xc2-\\xf4][\\x80-\\xbf]{0,2}$/, "");
  }
  function textParts(bytes, from, to) {
    const isInside = (at) => (bytes.charCodeAt(at) & 192) === 128;
    let [start, end] = [from, to];
    while (start > 0 && isInside(start)) start--;
    while (end < bytes.length && isInside(end)) end++;
    const part = (a, b) => textOf(bytes.slice(a, b));
    return [part(0, start), part(start, end), part(end, bytes.length)];
  }
  var IN_LINE = 16;
  function hexLines(bytes) {
    const lines = [];
    const array = encodeLatin1(bytes);
    for (let at = 0; at < array.length; at += IN_LINE) {
      const part = [...array.subarray(at, at + IN_LINE)];
      const hex = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
      const text = part.map((byte) => byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".").join("");
      lines.push(\`\${at.toString(16).padStart(8, "0")}  \${hex.padEnd(IN_LINE * 3 - 1)}  \${text}\`);
    }
    return lines;
  }
  function hexParts(bytes, from, to) {
    const lines = hexLines(bytes);
    const start = Math.floor(from / IN_LINE);
    const end = to > from ? Math.ceil(to / IN_LINE) : start;
    const part = (a, b) => lines.slice(a, b).map((line) => \`\${line}
\`).join("");
    return [part(0, start), part(start, end), part(end, lines.length)];
  }

  // src/page/call_list.ts
  var ROW = 26;
  var MARGIN = 10;
  var CallList = class {
    element;
    #data;
    #list;
    #rows;
    #count;
    #filter;
    #errors;
    #changes;
    #texts = [];
    /** The moments that are listed, in order. */
    #shown = [];
    #chosen;
    constructor(data, choose) {
      this.#data = data;
      this.#chosen = data.first;
      this.#filter = make("input", {
        type: "search",
        id: "filter",
        placeholder: "such as path_open",
        autocomplete: "off"
      });
      this.#errors = make("input", { type: "checkbox", id: "only-errors" });
      this.#changes = make("input", { type: "checkbox", id: "only-changes" });
      this.#count = make("p", { class: "quiet", role: "status" });
      this.#rows = make("div", { class: "rows", role: "presentation" });
      this.#list = make(
        "div",
        { id: "calls", class: "scroll", role: "listbox", tabindex: 0, "aria-label": "Calls" },
        this.#rows
      );
      this.element = make(
        "nav",
        { "aria-label": "Calls" },
        make("label", { for: "filter" }, "Calls with"),
        this.#filter,
        make("label", {}, this.#changes, " that changed the tree"),
        make("label", {}, this.#errors, " that failed"),
        this.#count,
        this.#list
      );
      for (const input of [this.#filter, this.#errors, this.#changes])
        input.addEventListener("input", () => this.#select());
      this.#list.addEventListener("scroll", () => this.#draw());
      this.#rows.addEventListener("click", ({ target }) => {
        const row = target instanceof Element ? target.closest("[data-call]") : null;
        if (row !== null) choose(Number(row.dataset.call));
      });
      this.#select();
    }
    /** Draws again what can be seen, after the page got another size. */
    resize() {
      this.#draw();
    }
    choose(call) {
      this.#chosen = call;
      const at = this.#shown.indexOf(call);
      const { scrollTop, clientHeight } = this.#list;
      if (at >= 0 && at * ROW < scrollTop) this.#list.scrollTop = at * ROW;
      else if (at >= 0 && (at + 1) * ROW > scrollTop + clientHeight) this.#list.scrollTop = (at + 1) * ROW - clientHeight;
      this.#draw();
    }
    /** The listed moment that is \`by\` rows from the chosen one, or the last one in that direction. */
    near(by) {
      const before = this.#shown.findLastIndex((call) => by < 0 ? call < this.#chosen : call <= this.#chosen);
      const at = by < 0 ? before + by + 1 : before + by;
      return this.#shown[Math.max(0, Math.min(at, this.#shown.length - 1))];
    }
    /** Rows that can be seen at once. */
    get page() {
      return Math.max(1, Math.floor(this.#list.clientHeight / ROW) - 1);
    }
    #select() {
      const { first, last } = this.#data;
      const looked = this.#filter.value.toLowerCase();
      const shown = [];
      for (let call = first; call <= last; call++) {
        if (looked !== "" && !this.#text(call).toLowerCase().includes(looked)) continue;
        if (this.#changes.checked && !this.#hasChanges(call)) continue;
        if (this.#errors.checked && !this.#hasFailed(call)) continue;
        shown.push(call);
      }
      this.#shown = shown;
      const all = last - first;
      const calls = shown.filter((call) => call !== first).length;
      this.#count.textContent = calls === all ? \`\${all} calls\` : \`\${calls} of \${all} calls\`;
      this.#rows.style.height = \`\${shown.length * ROW}px\`;
      this.#list.scrollTop = Math.max(0, shown.indexOf(this.#chosen) * ROW - this.#list.clientHeight / 2);
      this.#draw();
    }
    #draw() {
      const { scrollTop, clientHeight } = this.#list;
      const from = Math.max(0, Math.floor(scrollTop / ROW) - MARGIN);
      const to = Math.min(this.#shown.length, Math.ceil((scrollTop + clientHeight) / ROW) + MARGIN);
      const rows = [];
      for (let at = from; at < to; at++) rows.push(this.#row(this.#shown[at], at));
      this.#rows.replaceChildren(...rows);
      const isShown = rows.some((row) => row.dataset.call === String(this.#chosen));
      if (isShown) this.#list.setAttribute("aria-activedescendant", \`call-\${this.#chosen}\`);
      else this.#list.removeAttribute("aria-activedescendant");
    }
    #row(call, at) {
      const isChosen = call === this.#chosen;
      const [failed, changed] = [this.#hasFailed(call), this.#hasChanges(call)];
      const marks = [failed ? "failed" : "", changed ? "changed the tree" : ""].filter((mark2) => mark2 !== "").join(", ");
      const row = make(
        "div",
        {
          id: \`call-\${call}\`,
          class: \`row\${failed ? " failed" : ""}\${changed ? " changed" : ""}\`,
          role: "option",
          "data-call": call,
          "aria-selected": String(isChosen),
          "aria-current": isChosen ? "true" : void 0,
          "aria-setsize": this.#shown.length,
          "aria-posinset": at + 1
        },
        make("span", { class: "number" }, String(call)),
        make(
          "span",
          { class: "mark", title: marks, "aria-label": marks, role: "img" },
          failed ? "\\u2717" : changed ? "\\u25CF" : ""
        ),
        make("bdi", { class: "line" }, this.#text(call))
      );
      row.style.top = \`\${at * ROW}px\`;
      return row;
    }
    #text(call) {
      const record = this.#data.records[call - this.#data.first - 1];
      if (record === void 0) return call === 0 ? "before the first call" : "the first moment that was kept";
      this.#texts[call] ??= visible(formatRecord(record));
      return this.#texts[call];
    }
    #hasFailed(call) {
      const record = this.#data.records[call - this.#data.first - 1];
      return record !== void 0 && record.errno !== "ESUCCESS" && record.errno !== "ended";
    }
    #hasChanges(call) {
      return this.#data.steps[call - this.#data.first - 1]?.changes !== void 0;
    }
  };

  // src/page/contents.ts
  var KEEPS_ONE_IN = 32;
  var AllContents = class {
    #files = /* @__PURE__ */ new Map();
    constructor(versions) {
      for (const [ino, call, at, removed, bytes] of versions) {
        let file = this.#files.get(ino);
        if (file === void 0) {
          file = [];
          this.#files.set(ino, file);
        }
        file.push({ call, at, removed, bytes: typeof bytes === "string" ? bytes : atob(bytes[0]) });
      }
    }
    /** \`undefined\` where the page has nothing of the file. */
    at(ino, call) {
      const versions = this.#files.get(ino) ?? [];
      const last = versions.findLastIndex((version2) => version2.call <= call);
      const version = versions[last];
      if (version === void 0) return void 0;
      let first = last;
      while (first > 0 && versions[first]?.whole === void 0) first--;
      let bytes = versions[first]?.whole ?? versions[first]?.bytes ?? "";
      for (let at = first + 1; at <= last; at++) {
        const next = versions[at];
        bytes = bytes.slice(0, next.at) + next.bytes + bytes.slice(next.at + next.removed);
        if (at % KEEPS_ONE_IN === 0) next.whole = bytes;
      }
      return { bytes, call: version.call, from: version.at, to: version.at + version.bytes.length };
    }
  };

  // vfs/errno.ts
  var Errno = class {
    /** POSIX's name, such as \`ENOENT\`. */
    name;
    /** The number in \`wasi_snapshot_preview1\`. */
    number;
    /** The number on Linux (x86-64), for the \`node:fs\` facade; 0 where Linux has no such error. */
    linux;
    /** What \`strerror\` would say. */
    message;
    constructor(name, number, linux, message) {
      this.name = name;
      this.number = number;
      this.linux = linux;
      this.message = message;
    }
    toString() {
      return this.name;
    }
  };
  var E2BIG = new Errno("E2BIG", 1, 7, "Argument list too long");
  var EACCES = new Errno("EACCES", 2, 13, "Permission denied");
  var EADDRINUSE = new Errno("EADDRINUSE", 3, 98, "Address already in use");
  var EADDRNOTAVAIL = new Errno("EADDRNOTAVAIL", 4, 99, "Cannot assign requested address");
  var EAFNOSUPPORT = new Errno("EAFNOSUPPORT", 5, 97, "Address family not supported by protocol");
  var EAGAIN = new Errno("EAGAIN", 6, 11, "Resource temporarily unavailable");
  var EALREADY = new Errno("EALREADY", 7, 114, "Operation already in progress");
  var EBADF = new Errno("EBADF", 8, 9, "Bad file descriptor");
  var EBADMSG = new Errno("EBADMSG", 9, 74, "Bad message");
  var EBUSY = new Errno("EBUSY", 10, 16, "Device or resource busy");
  var ECANCELED = new Errno("ECANCELED", 11, 125, "Operation canceled");
  var ECHILD = new Errno("ECHILD", 12, 10, "No child processes");
  var ECONNABORTED = new Errno("ECONNABORTED", 13, 103, "Connection aborted");
  var ECONNREFUSED = new Errno("ECONNREFUSED", 14, 111, "Connection refused");
  var ECONNRESET = new Errno("ECONNRESET", 15, 104, "Connection reset by peer");
  var EDEADLK = new Errno("EDEADLK", 16, 35, "Resource deadlock would occur");
  var EDESTADDRREQ = new Errno("EDESTADDRREQ", 17, 89, "Destination address required");
  var EDOM = new Errno("EDOM", 18, 33, "Argument out of domain of function");
  var EDQUOT = new Errno("EDQUOT", 19, 122, "Disk quota exceeded");
  var EEXIST = new Errno("EEXIST", 20, 17, "File exists");
  var EFAULT = new Errno("EFAULT", 21, 14, "Bad address");
  var EFBIG = new Errno("EFBIG", 22, 27, "File too large");
  var EHOSTUNREACH = new Errno("EHOSTUNREACH", 23, 113, "Host is unreachable");
  var EIDRM = new Errno("EIDRM", 24, 43, "Identifier removed");
  var EILSEQ = new Errno("EILSEQ", 25, 84, "Illegal byte sequence");
  var EINPROGRESS = new Errno("EINPROGRESS", 26, 115, "Operation in progress");
  var EINTR = new Errno("EINTR", 27, 4, "Interrupted function");
  var EINVAL = new Errno("EINVAL", 28, 22, "Invalid argument");
  var EIO = new Errno("EIO", 29, 5, "I/O error");
  var EISCONN = new Errno("EISCONN", 30, 106, "Socket is connected");
  var EISDIR = new Errno("EISDIR", 31, 21, "Is a directory");
  var ELOOP = new Errno("ELOOP", 32, 40, "Too many levels of symbolic links");
  var EMFILE = new Errno("EMFILE", 33, 24, "Too many open files");
  var EMLINK = new Errno("EMLINK", 34, 31, "Too many links");
  var EMSGSIZE = new Errno("EMSGSIZE", 35, 90, "Message too large");
  var EMULTIHOP = new Errno("EMULTIHOP", 36, 72, "Multihop attempted");
  var ENAMETOOLONG = new Errno("ENAMETOOLONG", 37, 36, "File name too long");
  var ENETDOWN = new Errno("ENETDOWN", 38, 100, "Network is down");
  var ENETRESET = new Errno("ENETRESET", 39, 102, "Connection aborted by network");
  var ENETUNREACH = new Errno("ENETUNREACH", 40, 101, "Network unreachable");
  var ENFILE = new Errno("ENFILE", 41, 23, "Too many files open in system");
  var ENOBUFS = new Errno("ENOBUFS", 42, 105, "No buffer space available");
  var ENODEV = new Errno("ENODEV", 43, 19, "No such device");
  var ENOENT = new Errno("ENOENT", 44, 2, "No such file or directory");
  var ENOEXEC = new Errno("ENOEXEC", 45, 8, "Exec format error");
  var ENOLCK = new Errno("ENOLCK", 46, 37, "No locks available");
  var ENOLINK = new Errno("ENOLINK", 47, 67, "Link has been severed");
  var ENOMEM = new Errno("ENOMEM", 48, 12, "Not enough memory");
  var ENOMSG = new Errno("ENOMSG", 49, 42, "No message of the desired type");
  var ENOPROTOOPT = new Errno("ENOPROTOOPT", 50, 92, "Protocol not available");
  var ENOSPC = new Errno("ENOSPC", 51, 28, "No space left on device");
  var ENOSYS = new Errno("ENOSYS", 52, 38, "Function not implemented");
  var ENOTCONN = new Errno("ENOTCONN", 53, 107, "Socket is not connected");
  var ENOTDIR = new Errno("ENOTDIR", 54, 20, "Not a directory");
  var ENOTEMPTY = new Errno("ENOTEMPTY", 55, 39, "Directory not empty");
  var ENOTRECOVERABLE = new Errno("ENOTRECOVERABLE", 56, 131, "State not recoverable");
  var ENOTSOCK = new Errno("ENOTSOCK", 57, 88, "Not a socket");
  var ENOTSUP = new Errno("ENOTSUP", 58, 95, "Operation not supported");
  var ENOTTY = new Errno("ENOTTY", 59, 25, "Inappropriate ioctl for device");
  var ENXIO = new Errno("ENXIO", 60, 6, "No such device or address");
  var EOVERFLOW = new Errno("EOVERFLOW", 61, 75, "Value too large for defined data type");
  var EOWNERDEAD = new Errno("EOWNERDEAD", 62, 130, "Previous owner died");
  var EPERM = new Errno("EPERM", 63, 1, "Operation not permitted");
  var EPIPE = new Errno("EPIPE", 64, 32, "Broken pipe");
  var EPROTO = new Errno("EPROTO", 65, 71, "Protocol error");
  var EPROTONOSUPPORT = new Errno("EPROTONOSUPPORT", 66, 93, "Protocol not supported");
  var EPROTOTYPE = new Errno("EPROTOTYPE", 67, 91, "Protocol wrong type for socket");
  var ERANGE = new Errno("ERANGE", 68, 34, "Result too large");
  var EROFS = new Errno("EROFS", 69, 30, "Read-only file system");
  var ESPIPE = new Errno("ESPIPE", 70, 29, "Illegal seek");
  var ESRCH = new Errno("ESRCH", 71, 3, "No such process");
  var ESTALE = new Errno("ESTALE", 72, 116, "Stale file handle");
  var ETIMEDOUT = new Errno("ETIMEDOUT", 73, 110, "Connection timed out");
  var ETXTBSY = new Errno("ETXTBSY", 74, 26, "Text file busy");
  var EXDEV = new Errno("EXDEV", 75, 18, "Cross-device link");
  var ENOTCAPABLE = new Errno("ENOTCAPABLE", 76, 0, "Capabilities insufficient");
  var ERRNOS = [
    E2BIG,
    EACCES,
    EADDRINUSE,
    EADDRNOTAVAIL,
    EAFNOSUPPORT,
    EAGAIN,
    EALREADY,
    EBADF,
    EBADMSG,
    EBUSY,
    ECANCELED,
    ECHILD,
    ECONNABORTED,
    ECONNREFUSED,
    ECONNRESET,
    EDEADLK,
    EDESTADDRREQ,
    EDOM,
    EDQUOT,
    EEXIST,
    EFAULT,
    EFBIG,
    EHOSTUNREACH,
    EIDRM,
    EILSEQ,
    EINPROGRESS,
    EINTR,
    EINVAL,
    EIO,
    EISCONN,
    EISDIR,
    ELOOP,
    EMFILE,
    EMLINK,
    EMSGSIZE,
    EMULTIHOP,
    ENAMETOOLONG,
    ENETDOWN,
    ENETRESET,
    ENETUNREACH,
    ENFILE,
    ENOBUFS,
    ENODEV,
    ENOENT,
    ENOEXEC,
    ENOLCK,
    ENOLINK,
    ENOMEM,
    ENOMSG,
    ENOPROTOOPT,
    ENOSPC,
    ENOSYS,
    ENOTCONN,
    ENOTDIR,
    ENOTEMPTY,
    ENOTRECOVERABLE,
    ENOTSOCK,
    ENOTSUP,
    ENOTTY,
    ENXIO,
    EOVERFLOW,
    EOWNERDEAD,
    EPERM,
    EPIPE,
    EPROTO,
    EPROTONOSUPPORT,
    EPROTOTYPE,
    ERANGE,
    EROFS,
    ESPIPE,
    ESRCH,
    ESTALE,
    ETIMEDOUT,
    ETXTBSY,
    EXDEV,
    ENOTCAPABLE
  ];

  // src/change_text.ts
  function formatChange(change) {
    const { type, path, from, before, after, replaced } = change;
    const end = replaced === void 0 ? "" : \`, in place of inode \${replaced.ino}\`;
    if (type === "added" && after !== void 0) return \`+ \${path}  \${describe(after)}\`;
    if (type === "removed" && before !== void 0) return \`- \${path}  \${describe(before)} before\`;
    if (before === void 0 || after === void 0) return void 0;
    const notes = notesOf(change, before, after);
    if (type === "renamed") return \`> \${path}  was \${from}, inode \${after.ino}\${["", ...notes].join(", ")}\${end}\`;
    return notes.length === 0 ? void 0 : \`~ \${path}  \${notes.join(", ")}\`;
  }
  function describe({ ino, kind, nlink, size, target }) {
    const what = kind === "file" ? \`, \${count(size, "byte")}\` : target === void 0 ? "" : \` -> \${target}\`;
    return \`\${kind}, inode \${ino}, \${count(nlink, "link")}\${what}\`;
  }
  function notesOf({ content, fields }, before, after) {
    const notes = [];
    if (before.ino !== after.ino) notes.push(\`inode \${before.ino} -> \${after.ino}\`);
    if (before.kind !== after.kind) notes.push(\`\${before.kind} -> \${after.kind}\`);
    if (before.size !== after.size) notes.push(\`\${before.size} -> \${count(after.size, "byte")}\`);
    else if (content) notes.push(after.kind === "symlink" ? \`-> \${after.target}\` : "other bytes");
    const has = (field) => fields.includes(field);
    if (has("nlink")) notes.push(\`links \${before.nlink} -> \${after.nlink}\`);
    if (has("mode")) notes.push(\`mode \${before.mode.toString(8)} -> \${after.mode.toString(8)}\`);
    return notes;
  }
  function count(number, word) {
    return \`\${number} \${word}\${number === 1 ? "" : "s"}\`;
  }

  // src/page/panels.ts
  function callPart(data, call) {
    const record = data.records[call - data.first - 1];
    if (record === void 0) {
      const text = call === 0 ? "The machine before the first call." : "The first moment that was kept.";
      return [make("p", {}, text)];
    }
    const parts = [
      make("p", { class: "code" }, make("bdi", {}, visible(formatRecord(record)))),
      make("p", { class: hasFailed(record) ? "failed" : "quiet" }, outcomeOf(record)),
      make("dl", {}, ...pairs(record.args), ...pairs(record.results, "\\u2192 "))
    ];
    if (call === data.calls && data.end !== null) parts.push(make("p", {}, \`Then the run ended: \${endText(data.end)}\`));
    return parts;
  }
  function hasFailed({ errno }) {
    return errno !== "ESUCCESS" && errno !== "ended";
  }
  function outcomeOf({ errno }) {
    if (errno === "ESUCCESS") return "It succeeded.";
    if (errno === "ended") return "It never returned.";
    const message = ERRNOS.find(({ name }) => name === errno)?.message;
    return \`It failed with \${errno}\${message === void 0 ? "" : \`: \${message}\`}.\`;
  }
  function pairs(values, sign = "") {
    return Object.entries(values).flatMap(([name, value]) => [
      make("dt", {}, sign + name),
      make("dd", {}, make("bdi", {}, valueText(value)))
    ]);
  }
  function valueText(value) {
    if (typeof value === "string") return visible(value);
    if (typeof value !== "object" || value === null) return String(value);
    return Object.entries(value).map(([name, inner]) => \`\${name} \${valueText(inner)}\`).join(", ");
  }
  function endText(end) {
    switch (end.kind) {
      case "exit":
        return \`exit code \${end.code}.\`;
      case "signal":
        return \`signal \${end.name}.\`;
      case "trap":
        return \`trap, \${visible(end.message)}.\`;
      case "limit":
      case "deadlock":
        return \`\${end.kind}, \${visible(end.message)}.\`;
    }
  }
  function changesPart(step, world) {
    const lines = [
      ...(step.changes ?? []).map(formatChange).filter((line) => line !== void 0),
      ...(step.descriptors ?? []).map((now) => descriptorLine(now, world)),
      ...(step.closed ?? []).map((fd) => \`- descriptor \${fd} is closed\`)
    ];
    if (step.isUnknown)
      return [make("p", { class: "note" }, "This moment was not kept: what is shown is the one before.")];
    if (lines.length === 0) return [make("p", { class: "quiet" }, "Nothing in the tree, and no descriptor.")];
    const kinds = { "+": "added", "-": "removed", "~": "modified", ">": "modified" };
    return [make("ul", {}, ...lines.map((line) => make("li", { class: kinds[line[0] ?? ""] }, nameOf(visible(line)))))];
  }
  function descriptorLine(now, world) {
    const before = world.descriptorBefore(now.fd);
    if (before === void 0) return \`+ descriptor \${now.fd} is open on \${whatIsOpen(now, world)}\`;
    const notes = [];
    if (before.ino !== now.ino || before.kind !== now.kind) notes.push(\`is open on \${whatIsOpen(now, world)}\`);
    if (before.offset !== now.offset) notes.push(\`offset \${grouped(before.offset)} -> \${grouped(now.offset)}\`);
    if (before.flags.join() !== now.flags.join()) notes.push(\`flags \${now.flags.join(" ") || "none"}\`);
    return \`~ descriptor \${now.fd}: \${notes.join(", ") || "other rights"}\`;
  }
  function whatIsOpen({ kind, ino }, world) {
    const path = world.pathsOf(ino)[0];
    if (path !== void 0) return path;
    return ino === 0 ? kind : \`inode \${ino}, which has no name\`;
  }
  function descriptorsPart(step, world) {
    const changed = new Set(step.descriptors?.map(({ fd }) => fd));
    const heads = { fd: "", "open on": "", inode: "count", offset: "count", access: "", flags: "" };
    const rows = world.openDescriptors().map((descriptor) => {
      const { fd, kind, ino, preopen, offset, readable, writable, flags } = descriptor;
      const before = world.descriptorBefore(fd);
      const path = world.pathsOf(ino)[0];
      const what = path === void 0 ? make("i", {}, whatIsOpen(descriptor, world)) : nameOf(visible(path));
      const given = preopen === void 0 ? void 0 : make("span", { class: "quiet" }, \` given as \${visible(preopen)}\`);
      const moved = before !== void 0 && before.offset !== offset;
      return make(
        "tr",
        { "data-fd": fd, class: changed.has(fd) ? before === void 0 ? "added" : "modified" : void 0 },
        make("th", { scope: "row" }, String(fd)),
        make("td", {}, what, given),
        make("td", { class: "count" }, ino === 0 ? "" : String(ino)),
        make(
          "td",
          { class: "count" },
          kind === "file" ? moved ? make("b", {}, \`\${before.offset} \\u2192 \${offset}\`) : String(offset) : ""
        ),
        make("td", {}, [readable ? "read" : "", writable ? "write" : ""].filter((word) => word !== "").join(", ")),
        make("td", {}, flags.join(" "))
      );
    });
    const head = make(
      "tr",
      {},
      ...Object.entries(heads).map(([name, kind]) => make("th", { scope: "col", class: kind }, name))
    );
    return [make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows))];
  }
  function clocksPart(data, call) {
    const realtime = data.records[call - data.first - 1]?.time ?? data.realtime;
    const monotonic = data.monotonic + (realtime - data.realtime);
    return [
      make(
        "dl",
        { class: "clocks" },
        make("dt", {}, "realtime"),
        make("dd", { id: "realtime" }, \`\${instantText(realtime)} UTC\`),
        make("dt", {}, "monotonic"),
        make("dd", { id: "monotonic" }, secondsText(monotonic))
      )
    ];
  }
  function contentsPart(data, contents, world, ino, view) {
    const inode = world.inodes.get(ino);
    if (inode === void 0)
      return [make("p", { class: "quiet" }, ino === 0 ? "No file is chosen." : \`There is no inode \${ino} now.\`)];
    const paths = world.pathsOf(ino).map(visible);
    const { kind, mode, nlink, size, mtime, target } = inode;
    const facts = [
      ["names", paths.join("\\n") || "none any more"],
      ["inode", \`\${ino}, \${kind}, mode \${modeText(mode)}, \${nlink} \${nlink === 1 ? "link" : "links"}\`],
      ["changed", \`\${instantText(mtime)} UTC\`]
    ];
    if (target !== void 0) facts.push(["leads to", visible(target)]);
    const about = make(
      "dl",
      {},
      ...facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, nameOf(value))])
    );
    return kind === "file" ? [about, ...bytesOf(data, contents, world, ino, size, view)] : [about];
  }
  function bytesOf(data, contents, world, ino, size, view) {
    const missing = data.leftOut.find(([file]) => file === ino);
    if (missing !== void 0 && missing[1] <= world.call) {
      const bound = grouped(data.maxPageBytes);
      return [make("p", { class: "note" }, \`These contents are not in the page: it would be larger than \${bound} bytes.\`)];
    }
    const held = contents.at(ino, world.call);
    if (held === void 0) {
      return [
        make("p", { class: "note" }, "The run had nothing to do with this file, so its contents are not in the page.")
      ];
    }
    const { bytes, call, from, to } = held;
    const isFresh = call === world.call && call > data.first;
    const shows = view === "auto" ? isText(bytes) ? "text" : "hex" : view;
    const range = isFresh ? [from, to] : [0, 0];
    const [start, middle, end] = shows === "text" ? textParts(bytes, ...range) : hexParts(bytes, ...range);
    const notes = [];
    if (size > bytes.length) {
      const note = \`The first \${grouped(bytes.length)} of \${grouped(size)} bytes; the rest is not in the page.\`;
      notes.push(make("p", { class: "note" }, note));
    }
    const changed = middle === "" ? "" : make("mark", { title: "written by this call" }, middle);
    const pre = make("pre", { class: shows, tabindex: 0, "aria-label": "Contents" }, start, changed, end);
    return [...notes, size === 0 ? make("p", { class: "quiet" }, "Empty.") : pre];
  }

  // src/page/read_data.ts
  function readData(json) {
    return JSON.parse(json, (_name, value) => {
      if (typeof value !== "object" || value === null || Object.keys(value).length !== 1) return value;
      return typeof value.bigint === "string" ? BigInt(value.bigint) : value;
    });
  }

  // src/page/tree_view.ts
  var ROOT = 1;
  var ROWS_MAX = 2e3;
  var MANY = 40;
  var INDENT_MAX = 24;
  var KINDS = {
    file: "file",
    directory: "dir",
    symlink: "link",
    fifo: "fifo",
    device: "device",
    socket: "socket"
  };
  var TreeView = class {
    element;
    #world;
    #data;
    #body = make("tbody");
    #orphans = make("tbody");
    #orphansPart;
    #note = make("p", { class: "note" });
    /** Inodes that some call had to do with. */
    #touched;
    /** What the reader opened or closed; \`all\` shows all of a directory that has many entries. */
    #chosenOpen = /* @__PURE__ */ new Map();
    #pick;
    #picked = 0;
    /** \`pick\` is called with the inode whose name was pressed. */
    constructor(data, world, pick) {
      this.#data = data;
      this.#world = world;
      this.#pick = pick;
      this.#touched = new Set(data.steps.flatMap(({ touched }) => touched ?? []));
      this.#orphansPart = make(
        "div",
        { id: "orphans" },
        make("h3", {}, "Open, without a name"),
        make("p", { class: "quiet" }, "These inodes have no name any more. They live until they are closed."),
        table(this.#orphans)
      );
      this.element = make("div", {}, this.#orphansPart, this.#note, table(this.#body));
    }
    /** Draws the moment that the world is at. */
    draw(picked) {
      this.#picked = picked;
      const step = this.#step;
      const lines = this.#lines(step);
      this.#note.textContent = lines.length < ROWS_MAX ? "" : \`Only the first \${grouped(ROWS_MAX)} rows are shown: close a directory to see others.\`;
      this.#note.hidden = this.#note.textContent === "";
      replace(this.#body, ...lines.map((line) => this.#row(line, step)));
      const orphans = this.#world.orphans();
      this.#orphansPart.hidden = orphans.length === 0;
      replace(this.#orphans, ...orphans.map((inode) => this.#inodeRow(inode, 0, "", \`no name, inode \${inode.ino}\`, step)));
    }
    /** Scrolls to the first row that the call changed, or that is picked, where the tree scrolls by itself. */
    showChange() {
      const scroller = this.element.closest("section");
      const rows = "tr.added, tr.removed, tr.modified";
      const row = this.#body.querySelector(rows) ?? this.#body.querySelector("tr[aria-current]");
      if (scroller === null || row === null || scroller.scrollHeight <= scroller.clientHeight) return;
      const top = row.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
      if (top < 0 || top + row.offsetHeight > scroller.clientHeight) scroller.scrollTop += top - scroller.clientHeight / 3;
    }
    get #step() {
      return this.#data.steps[this.#world.call - this.#data.first - 1] ?? {};
    }
    /** Going down without recursion: a tree can be deeper than the stack. */
    #lines(step) {
      const gone = /* @__PURE__ */ new Map();
      for (const [dir, name, ino] of step.entries ?? []) if (ino === 0) gone.set(dir, [...gone.get(dir) ?? [], name]);
      const open = this.#openByItself([...gone.keys()]);
      const lines = [];
      const stack = [{ type: "entry", depth: 0, dir: 0, name: "/", ino: ROOT }];
      for (let line = stack.pop(); line !== void 0 && lines.length < ROWS_MAX; line = stack.pop()) {
        lines.push(line);
        if (line.type !== "entry" || !this.#isOpen(line.ino, open)) continue;
        stack.push(...this.#below(line.ino, line.depth + 1, open, gone.get(line.ino) ?? []).reverse());
      }
      return lines;
    }
    /** Directories above what the run had to do with, and those that a name was taken from. */
    #openByItself(dirs) {
      const open = /* @__PURE__ */ new Set();
      const climb = (from) => {
        for (let at = from; !open.has(at); at = this.#world.namesOf(at)[0]?.dir ?? ROOT) open.add(at);
      };
      for (const dir of dirs) climb(dir);
      for (const ino of this.#touched) for (const { dir } of this.#world.namesOf(ino)) climb(dir);
      return open;
    }
    #isOpen(ino, openByItself) {
      const chosen = this.#chosenOpen.get(ino);
      return chosen === void 0 ? openByItself.has(ino) : chosen !== "closed";
    }
    #below(dir, depth, open, gone) {
      const entries = [...this.#world.entriesOf(dir)];
      const isAll = entries.length <= MANY || this.#chosenOpen.get(dir) === "all";
      const shown = isAll ? entries : entries.filter(([, ino]) => this.#touched.has(ino) || open.has(ino));
      const lines = [
        ...shown.map(([name, ino]) => ({
          key: byteString(name),
          line: { type: "entry", depth, dir, name, ino }
        })),
        ...gone.map((name) => ({ key: byteString(name), line: { type: "gone", depth, dir, name } }))
      ];
      lines.sort((a, b) => a.key < b.key ? -1 : 1);
      const count2 = entries.length - shown.length;
      return [...lines.map(({ line }) => line), ...count2 === 0 ? [] : [{ type: "more", depth, dir, count: count2 }]];
    }
    #row(line, step) {
      if (line.type === "gone") {
        const name = make(
          "span",
          { class: "name" },
          mark("-", "removed by this call"),
          make("del", {}, nameOf(visible(line.name)))
        );
        return make(
          "tr",
          { class: "removed", "data-gone": line.name },
          cell(line.depth, void 0, name),
          make("td", { colspan: 4 })
        );
      }
      if (line.type === "more") {
        const more = button(
          { class: "plain quiet", "data-key": \`more-\${line.dir}\` },
          \`\\u2026 \${grouped(line.count)} more\`,
          () => {
            this.#chosenOpen.set(line.dir, "all");
            this.draw(this.#picked);
          }
        );
        return make("tr", {}, cell(line.depth, void 0, more), make("td", { colspan: 4 }));
      }
      const inode = this.#world.inodes.get(line.ino);
      if (inode === void 0) return make("tr");
      const isNew = (step.entries ?? []).some(([dir, name, ino]) => dir === line.dir && name === line.name && ino !== 0);
      return this.#inodeRow(inode, line.depth, \`\${line.dir}/\${line.name}\`, line.name, step, isNew);
    }
    #inodeRow(inode, depth, key, name, step, isNew = false) {
      const { ino, kind, nlink, size, target } = inode;
      const before = this.#world.before(ino);
      const isChanged = !isNew && before !== void 0 && isOther(before, inode);
      const isTouched = step.touched?.includes(ino) === true;
      const sign = isNew ? mark("+", "a name that this call gave") : isChanged ? mark("~", "changed by this call") : isTouched && kind !== "directory" ? mark("\\xB7", "this call had to do with it") : mark("", "");
      const label = button(
        { class: "plain", "data-key": \`name-\${key}\`, "aria-pressed": String(ino === this.#picked) },
        "",
        () => this.#pick(ino)
      );
      label.append(nameOf(visible(name)));
      const link = target === void 0 ? void 0 : make("span", { class: "quiet" }, " \\u2192 ", nameOf(visible(target)));
      return make(
        "tr",
        {
          class: isNew ? "added" : isChanged ? "modified" : void 0,
          "data-ino": ino,
          "data-name": name,
          "aria-current": ino === this.#picked ? "true" : void 0
        },
        cell(
          depth,
          kind === "directory" ? this.#opener(ino, key, name) : void 0,
          make("span", { class: "name" }, sign, label, link)
        ),
        make("td", { class: "ino count" }, String(ino)),
        make("td", { class: "kind" }, KINDS[kind]),
        make("td", { class: "nlink count" }, ...step2(before && String(before.nlink), String(nlink))),
        make(
          "td",
          { class: "size count" },
          ...kind === "directory" ? [] : step2(before && grouped(before.size), grouped(size))
        )
      );
    }
    /** The button that opens or closes a directory. */
    #opener(ino, key, name) {
      const count2 = this.#world.entriesOf(ino).size;
      if (count2 === 0) return make("span", { class: "opener" });
      const isOpen = this.#isOpen(ino, this.#openByItself([]));
      const attributes = { class: "plain opener", "data-key": \`open-\${key}\`, "aria-expanded": String(isOpen) };
      const what = \`\${visible(name)}, \${count2} \${count2 === 1 ? "name" : "names"}\`;
      const element = button({ ...attributes, "aria-label": what, title: what }, isOpen ? "\\u25BE" : "\\u25B8", () => {
        this.#chosenOpen.set(ino, isOpen ? "closed" : "open");
        this.draw(this.#picked);
      });
      return element;
    }
  };
  function table(body) {
    const heads = { name: "", inode: "count", kind: "kind", links: "count", size: "count" };
    const cells = Object.entries(heads).map(([head, kind]) => make("th", { scope: "col", class: kind }, head));
    return make("table", { class: "tree" }, make("thead", {}, make("tr", {}, ...cells)), body);
  }
  function cell(depth, opener, ...children) {
    const element = make("th", { scope: "row", class: "place" }, opener ?? make("span", { class: "opener" }), ...children);
    element.style.setProperty("--depth", String(Math.min(depth, INDENT_MAX)));
    return element;
  }
  function mark(sign, meaning) {
    if (meaning === "") return make("span", { class: "mark sign" });
    return make("span", { class: "mark sign", role: "img", title: meaning, "aria-label": meaning }, sign);
  }
  function step2(before, now) {
    return before === void 0 || before === now ? [now] : [make("b", {}, \`\${before} \\u2192 \${now}\`)];
  }
  function isOther(before, now) {
    const isSame = before.mode === now.mode && before.nlink === now.nlink && before.target === now.target;
    return !isSame || now.kind === "file" && (before.size !== now.size || before.mtime !== now.mtime);
  }

  // src/page/world.ts
  var ROOT2 = 1;
  var World = class {
    /** The moment that this is. */
    call;
    inodes = /* @__PURE__ */ new Map();
    descriptors = /* @__PURE__ */ new Map();
    #first;
    #steps;
    /** By call: how to go back over it. */
    #back = [];
    #entries = /* @__PURE__ */ new Map();
    #names = /* @__PURE__ */ new Map();
    /** At the moment \`first\`; \`steps\` are those of the calls after it. */
    constructor(first, start, steps) {
      this.call = first;
      this.#first = first;
      this.#steps = steps;
      this.#apply(start);
    }
    /** Preconditions: the page has that moment. */
    goTo(call) {
      while (this.call < call) {
        const at = this.call - this.#first;
        this.#back[at] = this.#apply(this.#steps[at]);
        this.call++;
      }
      while (this.call > call) {
        this.call--;
        this.#apply(this.#back[this.call - this.#first]);
      }
    }
    /** How to go back to the moment before; at the first moment nothing. */
    get #undo() {
      return this.#back[this.call - this.#first - 1] ?? {};
    }
    /** An inode as it was before the last call, where that made it other than it was. */
    before(ino) {
      return this.#undo.inodes?.find((inode) => inode.ino === ino);
    }
    /** A descriptor as it was before the last call, where that made it other than it was. */
    descriptorBefore(fd) {
      return this.#undo.descriptors?.find((descriptor) => descriptor.fd === fd);
    }
    /** What is in a directory, by name. */
    entriesOf(dir) {
      return this.#entries.get(dir) ?? /* @__PURE__ */ new Map();
    }
    namesOf(ino) {
      return this.#names.get(ino) ?? [];
    }
    /** All absolute paths of an inode, in order; none where it has no name any more. */
    pathsOf(ino) {
      if (ino === ROOT2) return ["/"];
      return this.namesOf(ino).map(({ dir, name }) => this.pathIn(dir, name)).filter((path) => path !== void 0).sort();
    }
    pathIn(dir, name) {
      const parts = [name];
      for (let at = dir; at !== ROOT2; ) {
        const place = this.namesOf(at)[0];
        if (place === void 0) return void 0;
        parts.push(place.name);
        at = place.dir;
      }
      return \`/\${parts.reverse().join("/")}\`;
    }
    /** Inodes without a name, which live because something has them open. */
    orphans() {
      return [...this.inodes.values()].filter(({ nlink }) => nlink === 0).sort((a, b) => a.ino - b.ino);
    }
    openDescriptors() {
      return [...this.descriptors.values()].sort((a, b) => a.fd - b.fd);
    }
    /** The opposite step. */
    #apply({ inodes = [], gone = [], entries = [], descriptors = [], closed = [] }) {
      const backEntries = entries.map(([dir, name, ino]) => [dir, name, this.#setEntry(dir, name, ino)]);
      const [backInodes, backGone] = swap(this.inodes, inodes, ({ ino }) => ino, gone);
      const [backDescriptors, backClosed] = swap(this.descriptors, descriptors, ({ fd }) => fd, closed);
      return {
        inodes: backInodes,
        gone: backGone,
        entries: backEntries.reverse(),
        descriptors: backDescriptors,
        closed: backClosed
      };
    }
    /** What was there. */
    #setEntry(dir, name, ino) {
      let entries = this.#entries.get(dir);
      if (entries === void 0) {
        entries = /* @__PURE__ */ new Map();
        this.#entries.set(dir, entries);
      }
      const before = entries.get(name) ?? 0;
      if (ino === 0) entries.delete(name);
      else entries.set(name, ino);
      const isHere = (place) => place.dir === dir && place.name === name;
      if (before !== 0)
        this.#names.set(
          before,
          this.namesOf(before).filter((place) => !isHere(place))
        );
      if (ino !== 0) this.#names.set(ino, [...this.namesOf(ino), { dir, name }]);
      return before;
    }
  };
  function swap(map, values, keyOf, keys) {
    const before = [];
    const fresh = [];
    for (const value of values) {
      const old = map.get(keyOf(value));
      if (old === void 0) fresh.push(keyOf(value));
      else before.push(old);
      map.set(keyOf(value), value);
    }
    for (const key of keys) {
      const old = map.get(key);
      if (old !== void 0) before.push(old);
      map.delete(key);
    }
    return [before, fresh];
  }

  // src/page/main.ts
  var Page = class {
    #data;
    #world;
    #contents;
    #list;
    #tree;
    #slider;
    #where = make("output", { for: "slider" });
    #follows = make("input", { type: "checkbox", id: "follow" });
    #view;
    #parts;
    #picked = 0;
    constructor(data) {
      this.#data = data;
      this.#world = new World(data.first, data.start, data.steps);
      this.#contents = new AllContents(data.versions);
      this.#list = new CallList(data, (call) => this.goTo(call));
      this.#tree = new TreeView(data, this.#world, (ino) => this.#pick(ino));
      const { first, last } = data;
      this.#slider = make("input", { type: "range", id: "slider", min: first, max: last, step: 1, value: first });
      this.#slider.addEventListener("input", () => this.goTo(Number(this.#slider.value)));
      this.#follows.checked = true;
      this.#follows.addEventListener("input", () => this.goTo(this.#world.call));
      const views = [
        ["auto", "text or hex"],
        ["text", "text"],
        ["hex", "hex"]
      ];
      this.#view = make("select", { id: "view" }, ...views.map(([value, text]) => make("option", { value }, text)));
      this.#view.addEventListener("input", () => this.#draw());
      const names = ["call", "changes", "descriptors", "clocks", "contents"];
      this.#parts = Object.fromEntries(names.map((name) => [name, make("div", { class: "part" })]));
      this.#layOut();
      document.addEventListener("keydown", (event) => this.#key(event));
      addEventListener("hashchange", () => this.#goToAddress());
      for (const event of ["click", "change", "keyup"]) document.addEventListener(event, () => this.#noteInAddress());
      addEventListener("resize", () => this.#list.resize());
      this.#goToAddress();
    }
    /** Shows the moment after so many calls. */
    goTo(call) {
      const { first, last } = this.#data;
      const to = Math.max(first, Math.min(call, last));
      this.#world.goTo(to);
      if (this.#follows.checked) this.#picked = this.#touchedFile();
      this.#draw();
      this.#tree.showChange();
      this.#list.choose(to);
    }
    /** To the call that the address names; an address that names none leads to the first moment. */
    #goToAddress() {
      const [, call] = /^#call=(\\d{1,15})$/.exec(location.hash) ?? [];
      this.goTo(call === void 0 ? this.#data.first : Number(call));
      this.#noteInAddress();
    }
    #noteInAddress() {
      const fragment = \`#call=\${this.#world.call}\`;
      if (location.hash !== fragment) history.replaceState(null, "", fragment);
    }
    #pick(ino) {
      this.#picked = ino;
      this.#follows.checked = false;
      this.#draw();
    }
    /** The file or link that the last call that had to do with one had to do with; 0 before there is one. */
    #touchedFile() {
      const { first } = this.#data;
      for (let at = this.#world.call - first - 1; at >= 0; at--) {
        const { entries = [], inodes = [], touched = [] } = this.#data.steps[at] ?? {};
        const inos = [...entries.map(([, , ino]) => ino), ...inodes.map(({ ino }) => ino), ...touched];
        const found = inos.find((ino) => ["file", "symlink"].includes(this.#world.inodes.get(ino)?.kind ?? ""));
        if (found !== void 0) return found;
      }
      return 0;
    }
    #draw() {
      const { call } = this.#world;
      const step = this.#data.steps[call - this.#data.first - 1] ?? {};
      const { call: callElement, changes, descriptors, clocks, contents } = this.#parts;
      this.#slider.value = String(call);
      this.#slider.setAttribute("aria-valuetext", \`call \${call} of \${this.#data.calls}\`);
      this.#where.textContent = \`call \${grouped(call)} of \${grouped(this.#data.calls)}\`;
      const view = this.#view.value;
      replace(callElement, ...callPart(this.#data, call));
      replace(changes, ...changesPart(step, this.#world));
      replace(descriptors, ...descriptorsPart(step, this.#world));
      replace(clocks, ...clocksPart(this.#data, call));
      replace(contents, ...contentsPart(this.#data, this.#contents, this.#world, this.#picked, view));
      this.#tree.draw(this.#picked);
      const written = contents.querySelector("mark");
      const pre = written?.closest("pre");
      if (written && pre) pre.scrollTop = written.offsetTop - pre.clientHeight / 3;
    }
    #key(event) {
      const { target, key } = event;
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (target instanceof Element && target.closest("input:not([type=checkbox]), select, pre") !== null) return;
      const to = this.#callFor(key);
      if (to === void 0) return;
      event.preventDefault();
      this.goTo(to);
    }
    #callFor(key) {
      switch (key) {
        case "ArrowDown":
        case "ArrowRight":
          return this.#list.near(1);
        case "ArrowUp":
        case "ArrowLeft":
          return this.#list.near(-1);
        case "PageDown":
          return this.#list.near(this.#list.page);
        case "PageUp":
          return this.#list.near(-this.#list.page);
        case "Home":
          return this.#list.near(Number.NEGATIVE_INFINITY);
        case "End":
          return this.#list.near(Number.POSITIVE_INFINITY);
        default:
          return void 0;
      }
    }
    #layOut() {
      const { call, changes, descriptors, clocks, contents } = this.#parts;
      const step = (by, label, sign) => button({ "aria-label": label, title: label }, sign, () => this.goTo(this.#list.near(by) ?? this.#world.call));
      const moment = make(
        "div",
        { class: "moment" },
        step(-1, "The call before", "\\u25C0"),
        make("label", { for: "slider", class: "hidden" }, "Moment"),
        this.#slider,
        step(1, "The next call", "\\u25B6"),
        this.#where
      );
      const choice = make(
        "p",
        { class: "choice" },
        make("label", {}, this.#follows, " the file of the call"),
        make("label", {}, "as ", this.#view)
      );
      document.body.append(
        make("header", {}, make("h1", {}, this.#data.title), ...this.#notes(), moment),
        this.#list.element,
        make(
          "main",
          {},
          panel("call", "The call", call),
          panel("changes", "What it changed", changes),
          panel("tree", "The tree", this.#tree.element),
          make(
            "div",
            { class: "column" },
            panel("descriptors", "Descriptors", descriptors),
            panel("clocks", "Clocks", clocks),
            panel("contents", "Contents", choice, contents)
          )
        ),
        make("footer", {}, "Keys: \\u2191 \\u2193 Page Up, Page Down, Home, End go from call to call.")
      );
    }
    /** What of the run is not in the page. */
    #notes() {
      const { first, last, calls, leftOut, maxPageBytes } = this.#data;
      const bound = grouped(maxPageBytes);
      const notes = [];
      if (first > 0) notes.push(\`The moments before call \${first} were not kept by the run.\`);
      if (last < calls)
        notes.push(\`The page ends at call \${last} of \${calls}: with all of them it would be larger than \${bound} bytes.\`);
      if (leftOut.length > 0)
        notes.push(
          \`The contents of \${leftOut.length} files are not all in the page: it would be larger than \${bound} bytes.\`
        );
      return notes.map((note) => make("p", { class: "note" }, note));
    }
  };
  new Page(readData(document.getElementById("run")?.textContent ?? "{}"));
})();
`

export const PAGE_STYLE: string = `
/* The page: the list of calls at the left, the chosen moment at the right; below one another where it is narrow. */

:root {
  --ground: #fbfaf7;
  --card: #fff;
  --ink: #1d2126;
  --quiet: #626a73;
  --line: #dcd9d2;
  --accent: #0b5cad;
  --chosen: #d9e9fb;
  --added: #dff3e2;
  --added-ink: #12652a;
  --modified: #fff1cf;
  --modified-ink: #7d4f00;
  --removed: #fde3e0;
  --removed-ink: #a3261a;
  --code: 13px / 1.5 ui-monospace, monospace;
  color-scheme: light dark;
  font:
    15px / 1.45 system-ui,
    sans-serif;
}

@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14171b;
    --card: #1c2026;
    --ink: #e4e6e9;
    --quiet: #9aa3ad;
    --line: #343a42;
    --accent: #7db7f5;
    --chosen: #203a57;
    --added: #17361f;
    --added-ink: #8fdca2;
    --modified: #3d3112;
    --modified-ink: #f0c869;
    --removed: #43201d;
    --removed-ink: #f5a097;
  }
}

* {
  box-sizing: border-box;
}

body {
  margin: 0;
  height: 100vh;
  display: grid;
  grid-template: auto minmax(0, 1fr) auto / minmax(18rem, 27%) minmax(0, 1fr);
  background: var(--ground);
  color: var(--ink);
}

header {
  grid-column: 1 / -1;
  padding: 0.6rem 1rem;
  border-bottom: 1px solid var(--line);
  background: var(--card);
}

footer {
  grid-column: 1 / -1;
  padding: 0.25rem 1rem;
  border-top: 1px solid var(--line);
  color: var(--quiet);
  font-size: 13px;
}

h1 {
  font-size: 1.15rem;
  margin: 0 0 0.3rem;
}

h2 {
  font-size: 0.8rem;
  margin: 0 0 0.4rem;
  text-transform: uppercase;
  letter-spacing: 0.06em;
  color: var(--quiet);
}

h3 {
  font-size: 0.95rem;
  margin: 0;
}

p {
  margin: 0.2rem 0;
}

button,
input,
select {
  font: inherit;
}

button {
  color: inherit;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 4px;
  cursor: pointer;
}

dl {
  display: grid;
  grid-template-columns: max-content 1fr;
  gap: 0.1rem 0.8rem;
  margin: 0.4rem 0;
}

dt {
  color: var(--quiet);
}

dd {
  margin: 0;
  font: var(--code);
  overflow-wrap: anywhere;
  white-space: pre-wrap;
}

ul {
  list-style: none;
  margin: 0;
  padding: 0;
}

li {
  padding: 0.1rem 0.4rem;
  border-radius: 4px;
  margin: 2px 0;
  font: var(--code);
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}

table {
  border-collapse: collapse;
  width: 100%;
  font-size: 13px;
}

th,
td {
  padding: 1px 0.6rem 1px 0;
  text-align: left;
  font-weight: normal;
  vertical-align: baseline;
}

thead {
  color: var(--quiet);
  border-bottom: 1px solid var(--line);
}

tbody {
  font-family: ui-monospace, monospace;
}

pre {
  position: relative;
  margin: 0.3rem 0 0;
  padding: 0.5rem;
  min-height: 5rem;
  overflow: auto;
  background: var(--ground);
  border-radius: 6px;
  font: var(--code);
}

mark {
  background: var(--added);
  color: var(--added-ink);
}

.quiet {
  color: var(--quiet);
}

.failed {
  color: var(--removed-ink);
}

.note {
  background: var(--modified);
  color: var(--modified-ink);
  padding: 0.25rem 0.5rem;
  border-radius: 4px;
}

.added {
  background: var(--added);
}

.modified {
  background: var(--modified);
}

.removed {
  background: var(--removed);
}

.added :is(.mark, b),
li.added {
  color: var(--added-ink);
}

.modified :is(.mark, b),
li.modified {
  color: var(--modified-ink);
}

.removed :is(.mark, del),
li.removed {
  color: var(--removed-ink);
}

.hidden {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
}

.plain {
  border: 0;
  background: none;
  padding: 0;
  text-align: left;
}

.plain:hover {
  text-decoration: underline;
}

.code {
  font: var(--code);
  font-size: 14px;
  overflow-wrap: anywhere;
  white-space: pre-wrap;
}

.text {
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}

.hex {
  white-space: pre;
}

/* The bar with the slider. */

.moment {
  display: flex;
  gap: 0.6rem;
  align-items: center;
}

.moment input {
  flex: 1;
  min-width: 0;
  accent-color: var(--accent);
}

.moment output {
  min-width: 9rem;
  text-align: right;
  font-variant-numeric: tabular-nums;
}

/* The list of calls: rows of a fixed height, which call_list.ts knows too. */

nav {
  display: flex;
  flex-direction: column;
  gap: 0.25rem;
  padding: 0.6rem;
  border-right: 1px solid var(--line);
  min-height: 0;
}

#calls {
  flex: 1;
  position: relative;
  overflow: auto;
  min-height: 6rem;
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 6px;
}

.rows {
  position: relative;
}

.row {
  position: absolute;
  left: 0;
  right: 0;
  height: 26px;
  display: flex;
  gap: 0.4rem;
  padding: 0 0.4rem;
  cursor: pointer;
  font:
    13px / 26px ui-monospace,
    monospace;
}

.row:hover {
  background: var(--ground);
}

.row[aria-current] {
  background: var(--chosen);
}

.row > .number {
  flex: none;
  min-width: 3.2em;
  text-align: right;
  color: var(--quiet);
}

.row > .mark {
  flex: none;
  width: 1em;
}

.row.changed > .mark {
  color: var(--added-ink);
}

.row.failed > .mark {
  color: var(--removed-ink);
}

.row > .line {
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: pre;
}

/* The chosen moment. */

main {
  display: grid;
  gap: 0.7rem;
  padding: 0.7rem;
  min-height: 0;
  grid-template: minmax(0, auto) minmax(0, 1fr) / minmax(0, 1.15fr) minmax(0, 1fr);
}

section {
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 8px;
  padding: 0.6rem 0.8rem;
  min-width: 0;
}

#call,
#changes {
  max-height: 32vh;
  overflow: auto;
}

#tree {
  overflow: auto;
}

#orphans {
  border: 1px solid var(--modified-ink);
  border-radius: 6px;
  padding: 0.3rem 0.5rem;
  margin-bottom: 0.6rem;
}

#descriptors {
  overflow-x: auto;
}

.column {
  display: flex;
  flex-direction: column;
  gap: 0.7rem;
  min-height: 0;
  overflow: auto;
}

#descriptors,
#clocks {
  flex: none;
}

#contents {
  flex: 1 1 0;
  min-height: 18rem;
  display: flex;
  flex-direction: column;
}

#contents > .part {
  flex: 1 1 0;
  min-height: 0;
  display: flex;
  flex-direction: column;
}

.choice {
  display: flex;
  flex-wrap: wrap;
  gap: 0.3rem 1.2rem;
}

/* The tree: what is before a name hangs to the left of it. */

.place {
  padding-left: calc(var(--depth, 0) * 1rem + 2.1rem);
  text-indent: -2.1rem;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
  min-width: 9rem;
}

.place > * {
  text-indent: 0;
}

.sign {
  display: inline-block;
  width: 1rem;
  text-align: center;
}

.opener {
  display: inline-block;
  width: 1.1rem;
  color: var(--quiet);
}

.count {
  text-align: right;
  white-space: nowrap;
  font-variant-numeric: tabular-nums;
}

[aria-current] > .place {
  box-shadow: inset 3px 0 var(--accent);
}

[aria-current] > .place bdi {
  color: var(--accent);
  font-weight: 600;
}

:focus-visible {
  outline: 2px solid var(--accent);
  outline-offset: 1px;
}

@media (max-width: 1100px), (max-height: 600px) {
  main {
    display: flex;
    flex-direction: column;
    overflow: auto;
  }

  main > * {
    flex: none;
  }

  #call,
  #changes,
  #tree,
  .column {
    max-height: none;
    overflow: visible;
  }

  #contents,
  #contents > .part {
    display: block;
    flex: none;
  }

  pre {
    max-height: 60vh;
  }
}

@media (max-width: 700px) {
  body {
    display: block;
    height: auto;
  }

  header {
    position: sticky;
    top: 0;
    z-index: 1;
  }

  nav {
    border: 0;
  }

  #calls {
    height: 30vh;
    flex: none;
  }

  .kind {
    display: none;
  }

  .moment output {
    min-width: 0;
  }
}

[hidden] {
  display: none;
}
`
