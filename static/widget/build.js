/** Bundles src into dist: `loader.js`, the script a customer pastes, and `panel.js`, the module it loads on intent. */
import { fileURLToPath } from "node:url";
import { readFile } from "node:fs/promises";
import { build, transform } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const TARGET = ["chrome111", "firefox113", "safari16.4"]; // the first to have constructable stylesheets and :dir

/** A stylesheet as its minified text: it goes into a constructable stylesheet, never into a style element. */
const stylesheets = {
  name: "stylesheets",
  setup(bundle) {
    bundle.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true, target: TARGET });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

/** @param {string} [folder] where the two files go */
export async function bundle(folder = `${here}dist`) {
  const common = {
    bundle: true,
    minify: true,
    target: TARGET,
    charset: "utf8",
    legalComments: "none",
    plugins: [stylesheets],
  };
  await build({ ...common, entryPoints: [`${here}src/embed.js`], outfile: `${folder}/loader.js`, format: "iife" });
  await build({ ...common, entryPoints: [`${here}src/main.js`], outfile: `${folder}/panel.js`, format: "esm" });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle();
