// What the inspector sees and does.

const SHOWN = 200;
const state = { language: (navigator.language || 'vi').startsWith('en') ? 'en' : 'vi', files: [], result: null, run: 0 };
const byId = (id) => document.getElementById(id);

function word(key, values = {}) {
  const text = (WORDS[key] || {})[state.language] || key;
  return text.replace(/\{(\w+)\}/g, (_, name) => (name in values ? String(values[name]) : '?'));
}

// Untrusted text on the screen: control and direction characters are shown as escapes.
function plain(text) {
  return String(text).replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu, (one) => `\\u{${one.codePointAt(0).toString(16)}}`);
}

function day(moment) {
  if (!moment) return '?';
  const [date, time] = moment.toISOString().slice(0, 19).split('T');
  return `${state.language === 'vi' ? date.split('-').reverse().join('/') : date} ${time} UTC`;
}

function node(name, text = '', options = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  Object.assign(made, options);
  return made;
}

// --- choosing

function chosenFiles(list) {
  return Array.from(list, (file) => fileOf(file, file.webkitRelativePath || file.name));
}

function fileOf(file, path) {
  return { path, bytes: async () => new Uint8Array(await file.arrayBuffer()) };
}

async function droppedFiles(items) {
  const found = [];
  const walk = async (entry) => {
    if (entry.isFile) {
      const file = await new Promise((done, failed) => { entry.file(done, failed); });
      found.push(fileOf(file, entry.fullPath.replace(/^\//, '')));
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((done, failed) => { reader.readEntries(done, failed); });
      if (!some.length) return;
      for (const one of some) await walk(one);
    }
  };
  for (const entry of Array.from(items, (item) => item.webkitGetAsEntry()).filter(Boolean)) await walk(entry);
  return found;
}

function chosenTime() {
  const text = byId('at').value.trim();
  const found = text ? new Date(text) : new Date();
  if (Number.isNaN(found.getTime())) throw new Error(word('page.bad-time'));
  return found;
}

// --- verifying

async function verify() {
  if (!state.files.length) return;
  state.run += 1;
  const { run } = state;
  byId('result').setAttribute('aria-busy', 'true');
  byId('result').replaceChildren(node('p', word('page.working')));
  try {
    const result = await verifyFiles({
      files: state.files, roots: chosenFiles(byId('roots').files), fingerprint: byId('fingerprint').value, at: chosenTime(),
    });
    if (run === state.run) state.result = result;
  } catch (error) {
    if (run === state.run) state.result = { problem: error.message };
  }
  if (run === state.run) show();
}

// --- showing

function show() {
  document.documentElement.lang = state.language;
  document.title = word('title');
  for (const one of document.querySelectorAll('[data-word]')) one.textContent = word(one.dataset.word);
  for (const one of document.querySelectorAll('[data-language]')) {
    one.setAttribute('aria-pressed', String(one.dataset.language === state.language));
  }
  byId('chosen').textContent = state.files.length ? word('page.chosen', { count: state.files.length }) : '';
  if (!state.result) return;
  byId('result').setAttribute('aria-busy', 'false');
  byId('result').replaceChildren(...(state.result.problem
    ? [node('p', word('cannot-run', { reason: plain(state.result.problem) }), { className: 'FAILED' })]
    : shownResult(state.result)));
}

function shownResult(result) {
  const times = result.records.map((one) => one.proof_time).filter(Boolean).sort((one, other) => one - other);
  const verdict = node('div', '', { className: `verdict ${result.outcome}` });
  verdict.append(
    node('strong', word(`outcome.${result.outcome}`)),
    node('p', word(`plain.${result.outcome}`, { time: day(times[0]) })),
    ...advice(result).map((text) => node('p', text)),
  );
  const notes = node('ul');
  for (const { problem, path } of result.files.slice(0, SHOWN)) {
    const key = WORDS[`file.${problem}`] ? `file.${problem}` : problem;
    notes.append(node('li', word(key, { name: plain(path) }), { className: 'FAILED' }));
  }
  const title = result.label ? [node('h2', plain(result.label))] : [];
  return [...title, verdict, notes, ...result.records.flatMap(shownRecord), ...commands(result)];
}

function advice(result) {
  const lines = [];
  const stamps = result.records.flatMap((record) => record.timestamps);
  const roots = new Map(stamps.filter((one) => one.authority_root && !one.authority_trusted)
    .map((one) => [one.authority_root_sha256, one.authority_root]));
  for (const [fingerprint, root] of roots) lines.push(word('page.root', { root: plain(root), fingerprint }));
  if (roots.size && byId('fingerprint').value.trim()) lines.push(word('page.other-fingerprint'));
  if (result.as_of && result.records.some((one) => one.sub_indication === 'TRY_LATER')) {
    lines.push(word('page.stale', { at: day(result.at), as_of: result.as_of.toISOString() }));
  }
  return lines;
}

function shownRecord(record) {
  const outcome = word(`outcome.${record.outcome}`);
  const list = node('ul');
  if (record.proof_time) list.append(node('li', word('existed', { time: day(record.proof_time) })));
  if (record.holds_until) list.append(node('li', word('holds-until', { time: day(record.holds_until) })));
  const objects = [...record.objects].sort((one, other) => one.covered - other.covered);
  for (const { path, covered } of objects.slice(0, SHOWN)) {
    const text = `${plain(path)}: ${word(covered ? 'covered' : 'uncovered')}`;
    list.append(node('li', text, { className: covered ? '' : 'FAILED' }));
  }
  if (objects.length > SHOWN) list.append(node('li', word('page.more', { count: objects.length - SHOWN })));
  for (const stamp of record.timestamps) list.append(shownStamp(stamp));
  const said = new Map(record.findings.map((finding) => [JSON.stringify(finding), finding]));
  for (const finding of [...said.values()].slice(0, SHOWN)) {
    const values = { ...finding.values };
    for (const name of ['time', 'at']) if (values[name]) values[name] = day(new Date(values[name]));
    if (WORDS[`reason.${values.reason}`]) values.reason = word(`reason.${values.reason}`);
    const place = finding.location ? `${plain(finding.location)}: ` : '';
    list.append(node('li', place + plain(word(finding.code, values))));
  }
  return [node('h3', word('heading', { name: plain(record.record), outcome }), { className: record.outcome }), list];
}

function shownStamp(stamp) {
  const { chain, number, algorithm } = stamp;
  const outcome = word(`outcome.${stamp.outcome}`);
  const item = node('li', word('timestamp', { chain, number, algorithm, time: day(stamp.time), outcome }));
  if (stamp.authority) item.append(node('br'), word('authority', { name: plain(stamp.authority) }));
  if (stamp.authority_root) {
    const values = { root: plain(stamp.authority_root), fingerprint: stamp.authority_root_sha256 };
    item.append(node('br'), node('code', word('authority-root', values)));
  }
  return item;
}

// How to check the authority with OpenSSL, where its trust was not checked here.
function commands(result) {
  const lines = result.records.flatMap((record) => record.timestamps.map((one, place) => (one.authority_trusted ? ''
    : `openssl ts -verify -digest ${one.root} -in ${plain(record.tokens[place] || 'TOKEN.tst')} -token_in `
      + `-CAfile ROOT.pem -untrusted certs.pem -attime ${Math.floor(one.time.getTime() / 1000)}`))).filter(Boolean);
  if (!lines.length) return [];
  return [node('h3', word('page.openssl')), node('pre', lines.join('\n\n'))];
}

// --- starting

function take(files) {
  state.files = files;
  state.result = null;
  show();
  verify();
}

function listen() {
  for (const id of ['folder', 'files']) byId(id).addEventListener('change', (event) => take(chosenFiles(event.target.files)));
  for (const id of ['roots', 'fingerprint', 'at']) byId(id).addEventListener('change', verify);
  for (const one of document.querySelectorAll('[data-language]')) {
    one.addEventListener('click', () => { state.language = one.dataset.language; show(); });
  }
  const drop = byId('drop');
  for (const name of ['dragover', 'drop']) document.addEventListener(name, (event) => event.preventDefault());
  drop.addEventListener('dragover', () => drop.classList.add('over'));
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', async (event) => {
    drop.classList.remove('over');
    take(await droppedFiles(event.dataTransfer.items));
  });
  show();
}

listen();
