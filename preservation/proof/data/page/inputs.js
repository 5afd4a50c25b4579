// What the inspector gives: a proof bundle, or a record with files. Files: [{path, bytes() -> Promise<Uint8Array>}].

const OUTCOMES = ['PASSED', 'INDETERMINATE', 'FAILED'];
const MATERIAL_FILE = /\.(pem|crt|cer|der|crl)$/i, RECORD_FILE = /\.(ers|er)$/i;

function pemBlocks(bytes) {
  const text = new TextDecoder('latin1').decode(bytes);
  const found = [...text.matchAll(/-----BEGIN (?:CERTIFICATE|X509 CRL)-----([A-Za-z0-9+/=\s]+)-----END/g)];
  if (!found.length) return [bytes];
  return found.map(([, body]) => Uint8Array.from(atob(body.replace(/\s/g, '')), (one) => one.charCodeAt(0)));
}

async function addMaterial(material, file) {
  for (const der of pemBlocks(await file.bytes())) material.add(der);
}

// A file as something a record may prove; its digests are computed once, and its bytes are not kept.
function dataObject(file, name) {
  const known = new Map();
  return {
    name,
    digest: (algorithm) => {
      if (!known.has(algorithm)) known.set(algorithm, file.bytes().then((bytes) => digestOf(algorithm, bytes)));
      return known.get(algorithm);
    },
  };
}

async function trustOf(options, material) {
  const roots = new Material();
  for (const file of options.roots) {
    if (file.path) await addMaterial(roots, file);
  }
  const wanted = (options.fingerprint || '').toLowerCase().replace(/[^0-9a-f]/g, '');
  for (const certificate of wanted.length === 64 ? material.certificates : []) {
    if (hex(await digestOf('sha256', certificate.der)) === wanted) roots.add(certificate.der);
  }
  const named = options.roots.length > 0 || wanted.length > 0;
  return { material, roots: roots.certificates, named };
}

// options: {files, roots: files, fingerprint: text, at: Date}
async function verifyFiles(options) {
  const listed = options.files.filter((file) => /(^|\/)bundle\.json$/.test(file.path));
  listed.sort((one, other) => one.path.length - other.path.length);
  const result = { label: '', outcome: 'INDETERMINATE', at: options.at, files: [], records: [], as_of: null };
  if (listed.length) await verifyBundle(options, listed[0], result);
  else await verifyLoose(options, result);
  const outcomes = result.records.map((record) => record.outcome);
  if (result.broken || outcomes.includes('FAILED')) result.outcome = 'FAILED';
  else result.outcome = outcomes.includes('PASSED') ? 'PASSED' : 'INDETERMINATE';
  return result;
}

async function verifyBundle(options, manifest, result) {
  const bundle = JSON.parse(new TextDecoder().decode(await manifest.bytes()));
  if (bundle.schema !== 'proof-bundle/1') throw new Error(`bundle.json: ${bundle.schema}`);
  result.label = String(bundle.label);
  const top = manifest.path.slice(0, -'bundle.json'.length);
  const here = new Map(options.files.filter((file) => file.path.startsWith(top))
    .map((file) => [file.path.slice(top.length), file]));
  const broken = (problem, path) => { result.broken = true; result.files.push({ problem, path }); };
  const objects = await bundleFiles(bundle, here, broken);
  const material = new Material();
  for (const path of bundle.material) if (here.has(path)) await addMaterial(material, here.get(path));
  const trust = await trustOf(options, material);
  for (const { path, tokens } of bundle.records) {
    if (!here.has(path)) broken('missing', path);
    else await verifyOne(path, await here.get(path).bytes(), objects, result, trust, bundle.complete ? 'whole' : 'alone', tokens);
  }
  if (!bundle.records.length) result.files.push({ problem: 'no-record', path: '' });
  // The bundle says that its record covers its files: in it, a file that is not covered is a contradiction.
  if (bundle.data.length && result.records.some((one) => one.sub_indication === 'SIGNED_DATA_NOT_FOUND')) result.broken = true;
}

async function bundleFiles(bundle, here, broken) {
  const objects = [], known = new Set();
  for (const { path, sha256 } of bundle.data) {
    known.add(path);
    if (!here.has(path)) { broken('missing', path); continue; }
    const item = dataObject(here.get(path), path);
    if (hex(await item.digest('sha256')) !== String(sha256).toLowerCase()) broken('changed', path);
    objects.push(item);
  }
  const added = [...here.keys()].filter((path) => path.startsWith('data/') && !known.has(path));
  for (const path of added.sort()) broken('added', path);
  return objects;
}

// A record and files without a bundle: told apart by name and contents.
async function verifyLoose(options, result) {
  const material = new Material(), records = [], objects = [];
  for (const file of options.files) {
    const small = MATERIAL_FILE.test(file.path);
    if (small) await addMaterial(material, file);
    else if (await isXmlRecord(file)) result.files.push({ problem: 'xml-record', path: file.path });
    else if (RECORD_FILE.test(file.path)) records.push(file);
    else objects.push(dataObject(file, file.path));
  }
  const trust = await trustOf(options, material);
  for (const record of records) await verifyOne(record.path, await record.bytes(), objects, result, trust, '');
  result.label = records.map((record) => record.path).join(', ');
  if (!records.length && !result.files.length) result.files.push({ problem: 'no-record', path: '' });
}

async function isXmlRecord(file) {
  if (!/\.(xml|ers|er)$/i.test(file.path)) return false;
  const start = new TextDecoder('latin1').decode((await file.bytes()).subarray(0, 4096));
  return start.trimStart().startsWith('<') && start.includes('urn:ietf:params:xml:ns:ers');
}

async function verifyOne(name, content, objects, result, trust, group, tokens = []) {
  const sets = group === 'alone' && objects.length ? objects.map((one) => [one]) : [objects];
  const reports = [];
  for (const set of sets) reports.push(await verifyRecord(content, set, result.at, trust, group === 'whole'));
  const worst = reports.reduce((one, other) => (OUTCOMES.indexOf(other.outcome) > OUTCOMES.indexOf(one.outcome) ? other : one));
  const together = (field) => reports.flatMap((report) => report[field]);
  result.records.push({ record: name, tokens, ...worst, objects: together('objects'), findings: together('findings') });
  const issued = trust.material.lists.map((list) => list.issued);
  result.as_of = issued.reduce((one, other) => (one === null || other > one ? other : one), null);
}
