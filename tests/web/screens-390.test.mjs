// Every screen and dialog on a phone: walk.mjs.
import { finish } from "./lib.mjs";
import { walk } from "./walk.mjs";

walk({ width: 390 }, 44);

await finish();
