/** Bundles src into dist: `loader.js`, the script a customer pastes, `panel.js`, the module it loads on intent, the modules
 * that the panel loads when they are needed, such as `booking.js` with the first card of times, and `locale-de.js` and its
 * like, of which the panel loads the one that is spoken. `framed.js` is the loader in a frame of its own (src/frame). */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { minify } from "terser";
import { LANGUAGES } from "./src/locales/index.js";

const here = fileURLToPath(new URL(".", import.meta.url));
const TARGET = ["chrome111", "firefox113", "safari16.4"]; // the first to have constructable stylesheets and :dir

/** A stylesheet as its minified text, with what it imports: it goes into a constructable stylesheet, which may not import
 * anything itself, and never into a style element. */
const stylesheets = {
  name: "stylesheets",
  setup(bundle) {
    bundle.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const joined = await esbuild.build({
        entryPoints: [path],
        bundle: true,
        minify: true,
        target: TARGET,
        write: false,
      });
      return { contents: joined.outputFiles[0].text.trim(), loader: "text" };
    });
  },
};

/** The folders of src that are modules of their own: each one's index.js becomes a file beside the panel's. */
const LAZY = [
  "booking",
  "identity",
  "back",
  "transcript",
  "voice",
  "ending",
  "outside",
  "files",
  "own_data",
  "avatar",
  "search",
  "frame",
];

const lazily = {
  name: "lazily",
  setup(bundle) {
    bundle.onResolve({ filter: new RegExp(`/(${LAZY.join("|")})/index\\.js$`) }, ({ kind, path }) =>
      kind === "dynamic-import" ? { path: `./${path.split("/").at(-2)}.js`, external: true } : undefined,
    );
    bundle.onResolve({ filter: /^\.\/\w\w\.js$/ }, ({ kind, path }) =>
      kind === "dynamic-import" ? { path: path.replace("./", "./locale-"), external: true } : undefined,
    );
  },
};

/** For what may run in a frame: see page.js. */
const FRAMED = {
  inject: [`${here}src/page.js`],
  define: {
    "document.createElement": "createElement",
    "document.createElementNS": "createElementNS",
    "document.currentScript": "currentScript",
    "window.interworkySettings": "interworkySettings",
  },
};

/** esbuild joins, and terser makes 3 % less of it than esbuild does by itself. @param {import("esbuild").BuildOptions} options */
async function build(options) {
  const { outputFiles } = await esbuild.build({ ...options, write: false });
  for (const { path, text } of outputFiles ?? []) {
    const { code } = await minify(text, { module: options.format === "esm", ecma: 2020, compress: { passes: 2 } });
    await writeFile(path, `${code}\n`);
  }
}

/** @param {string} [folder] where the files go */
export async function bundle(folder = `${here}dist`) {
  const common = {
    bundle: true,
    minify: true,
    target: TARGET,
    charset: "utf8",
    legalComments: "none",
    plugins: [stylesheets, lazily],
  };
  const framed = { ...common, ...FRAMED };
  await build({ ...common, entryPoints: [`${here}src/embed.js`], outfile: `${folder}/loader.js`, format: "iife" });
  await build({ ...framed, entryPoints: [`${here}src/embed.js`], outfile: `${folder}/framed.js`, format: "iife" });
  await build({ ...framed, entryPoints: [`${here}src/main.js`], outfile: `${folder}/panel.js`, format: "esm" });
  const lazy = Object.fromEntries([...LAZY, "gallery"].map((name) => [name, `${name}/index`]));
  for (const language of LANGUAGES.filter((one) => one !== "en")) lazy[`locale-${language}`] = `locales/${language}`;
  for (const [name, source] of Object.entries(lazy))
    await build({
      ...(name === "frame" ? common : framed),
      entryPoints: [`${here}src/${source}.js`],
      outfile: `${folder}/${name}.js`,
      format: "esm",
    });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle();
