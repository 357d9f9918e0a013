// `npm run build`: the app in dist/, whether or not it has to be.
import { buildApp } from './app-build.mjs';

process.exit((await buildApp({ always: true })) ? 0 : 1);
