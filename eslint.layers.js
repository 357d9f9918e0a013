// The house: domain <- ports <- { app <- ui, adapters <- workers }. Each layer's rules in one place;
// tests/unit/house-rules.test.ts shows that they bite.

/** @typedef {{ regex: string, message: string }} Ban */

/** @type {(layers: string, message: string) => Ban} */
const layers = (names, message) => ({ regex: `^(\\.\\./)+(${names})/`, message });

/** Pure packages: bytes in, bytes out, the same everywhere. */
const PURE = String.raw`^(?!\.\.?/|@noble/|@scure/|cborg($|/)|valibot$)`;

const OUTSIDE = layers(
  'tests|relay-server|scripts',
  'src never imports tests, relay-server or scripts. What both need is a format or a limit: put it in src/domain.',
);
/** @type {Ban} */
const ROOTS = {
  regex: String.raw`^\.\.?/(\.\./)*(main|service-worker)\.ts$`,
  message: 'Nobody imports a composition root. Move what you need into the layer it belongs to.',
};

const TIME_AND_CHANCE = 'Use the Environment port (src/ports/environment.ts), given through deps.';
const NO_PLATFORM = 'Ask for it through a port of src/ports; its adapter lives in src/adapters.';
const PURE_ONLY =
  'The domain is pure: take the time, the bytes or the random bytes as an argument.';

const TIMERS = ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'performance'];
const PLATFORM = [
  'fetch',
  'WebSocket',
  'indexedDB',
  'caches',
  'navigator',
  'localStorage',
  'sessionStorage',
  'BroadcastChannel',
  'Worker',
  'self',
  'globalThis',
];

const domain = layer('src/domain/**', {
  imports: [
    layers(
      'ports|app|adapters|workers|ui',
      'src/domain imports nothing of the other layers. Give it the value as an argument.',
    ),
    {
      regex: PURE,
      message:
        'src/domain may use @noble, @scure, cborg and valibot only. What touches the outside is a port in src/ports with an adapter in src/adapters.',
    },
  ],
  globals: { [PURE_ONLY]: [...TIMERS, 'crypto', ...PLATFORM] },
  clock: PURE_ONLY,
});

const ports = layer('src/ports/**', {
  imports: [
    layers(
      'app|adapters|workers|ui',
      'src/ports may import src/domain only: it says what is needed, not who does it.',
    ),
    {
      regex: String.raw`^(?!\.\.?/)`,
      message:
        'A port names no package. Write a narrow type of our own and convert it in the adapter.',
    },
  ],
  globals: { [NO_PLATFORM]: [...TIMERS, 'crypto', ...PLATFORM] },
  clock: TIME_AND_CHANCE,
});

const app = layer('src/app/**', {
  imports: [
    layers(
      'adapters|workers|ui',
      'src/app may import src/domain and src/ports. Take the adapter through deps, typed by its port; src/main.ts puts them together.',
    ),
    {
      regex: PURE,
      message:
        'src/app may use @noble, @scure, cborg and valibot only. Wrap the package in an adapter behind a port of src/ports.',
    },
  ],
  globals: { [TIME_AND_CHANCE]: [...TIMERS, 'crypto'], [NO_PLATFORM]: PLATFORM },
  clock: TIME_AND_CHANCE,
});

const adapters = layer('src/adapters/**', {
  imports: [
    layers(
      'app|ui',
      'src/adapters may import src/domain and src/ports. Call back through the port; adapters and app meet in src/main.ts.',
    ),
    {
      // src/adapters/workers is one of us, src/workers is not.
      regex: String.raw`^(\.\./){2,}workers/`,
      message:
        'src/workers puts adapters together, not the other way round. Take a Worker as a dep.',
    },
    { regex: '^svelte($|/)', message: 'Only src/ui knows Svelte. Offer an Observable instead.' },
  ],
  globals: {},
});

const workers = layer('src/workers/**', {
  imports: [
    layers('app|ui', 'A worker puts adapters together. Use cases run where src/main.ts put them.'),
  ],
  globals: {},
});

const ui = layer('src/ui/**', {
  imports: [
    layers(
      'ports|adapters|workers',
      'src/ui sees src/app and src/domain only. Add what the screen needs to the view in src/app.',
    ),
    {
      regex: String.raw`^(node:|libp2p$|@libp2p/|@multiformats/|idb$|comlink$|@noble/|@scure/|cborg($|/))`,
      message: 'src/ui shows things. Do it in src/app or behind a port, and show the result.',
    },
  ],
  globals: { [NO_PLATFORM]: ['fetch', 'WebSocket', 'indexedDB', 'caches', 'Worker'] },
});

const relay = layer('relay-server/**', {
  imports: [
    {
      regex: String.raw`^(\.\./)+src/(?!domain/)`,
      message: 'relay-server may import src/domain (formats, limits) and nothing else of src.',
    },
    layers('tests|scripts', 'relay-server stands alone with src/domain.'),
  ],
  globals: {},
});

/** @type {import('eslint').Linter.Config} */
const roots = {
  files: ['src/*.ts'],
  rules: rules({
    imports: [OUTSIDE],
    globals: {},
  }),
};

/** @type {import('eslint').Linter.Config} */
const tests = {
  files: ['tests/**'],
  rules: {
    'no-restricted-syntax': [
      'error',
      {
        selector: "MemberExpression[property.name='waitForTimeout']",
        message: 'Wait for what you are waiting for: expect(locator), expect.poll, waitForEvent.',
      },
      {
        selector:
          "MemberExpression[object.name=/^(test|it|describe|suite)$/][property.name='only']",
        message: 'Run one test with `-t` on the command line; `.only` hides the rest.',
      },
      {
        selector:
          "NewExpression[callee.name='Promise'] CallExpression[callee.name='setTimeout'][arguments.0.name=/^(resolve|r|done|next)$/]",
        message: 'No sleeps: use a virtual clock, an event or expect.poll.',
      },
    ],
  },
};

/** @type {import('eslint').Linter.Config[]} */
export const layerRules = [domain, ports, app, adapters, workers, ui, relay, roots, tests];

/**
 * @typedef {object} LayerInit
 * @property {Ban[]} imports what may not be imported, and what to do instead
 * @property {Record<string, string[]>} globals forbidden globals by message
 * @property {string} [clock] message for Date and Math.random; Math.random is forbidden everywhere
 */

/**
 * @param {string} files
 * @param {LayerInit} init
 * @returns {import('eslint').Linter.Config}
 */
function layer(files, init) {
  const imports = files.startsWith('src/') ? [...init.imports, OUTSIDE, ROOTS] : init.imports;
  return { files: [files], rules: rules({ ...init, imports }) };
}

/**
 * @param {LayerInit} init
 * @returns {import('eslint').Linter.RulesRecord}
 */
function rules({ imports, globals, clock }) {
  return {
    'no-restricted-imports': ['error', { patterns: imports }],
    'no-restricted-syntax': [
      'error',
      ...imports.flatMap(dynamicImport),
      {
        // Not inside `declare module`, where we describe what others do.
        selector: 'Program > ExportDefaultDeclaration',
        message: 'Named exports: one name for one thing, in every file.',
      },
      ...(clock === undefined
        ? []
        : [{ selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: clock }]),
    ],
    'no-restricted-globals': [
      'error',
      ...Object.entries(globals).flatMap(([message, names]) =>
        names.map((name) => ({ name, message })),
      ),
    ],
    'no-restricted-properties': [
      'error',
      { object: 'Math', property: 'random', message: clock ?? TIME_AND_CHANCE },
      ...(clock === undefined
        ? []
        : [
            { object: 'Date', property: 'now', message: clock },
            // A timer by another name: it runs on the real clock.
            { object: 'AbortSignal', property: 'timeout', message: clock },
          ]),
    ],
  };
}

/**
 * no-restricted-imports sees neither `import('...')` nor types written `import('...').T`.
 * @param {Ban} ban
 */
function dynamicImport({ regex, message }) {
  const pattern = regex.replaceAll('/', String.raw`\u002F`);
  return ['ImportExpression', 'TSImportType'].map((node) => ({
    selector: `${node}[source.value=/${pattern}/]`,
    message,
  }));
}
