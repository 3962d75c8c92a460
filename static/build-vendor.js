/** Bundles the calendar library of the admin: one module and one stylesheet, which its pages load as files. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const modules = fileURLToPath(new URL("../node_modules/", import.meta.url));
const TARGET = ["chrome111", "firefox114", "safari16.4"];

/** @param {string} [folder] where the files go */
export async function bundle(folder = `${here}admin-extra/vendor`) {
  // "production" leaves out what Svelte, on which the library is built, says to developers.
  const conditions = ["production"];
  const common = { bundle: true, minify: true, target: TARGET, charset: "utf8", legalComments: "none", conditions };
  const library = {
    contents: `export { createCalendar, DayGrid, Interaction, List, ResourceTimeGrid, TimeGrid } from "@event-calendar/core";`,
    resolveDir: here,
  };
  await build({ ...common, stdin: library, outfile: `${folder}/event-calendar.js`, format: "esm" });
  await build({
    ...common,
    entryPoints: [`${modules}@event-calendar/core/dist/index.css`],
    outfile: `${folder}/event-calendar.css`,
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle();
