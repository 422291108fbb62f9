// How long the page takes, measured so that other programs on the machine do not count.
//
// Two clocks. The first is the processor time of the page's main thread (CDP Performance.getMetrics in thread ticks): script,
// style, layout and paint of this page alone, whatever else runs; it is always judged. The second is the clock on the wall, from
// the moment of the event (event.timeStamp) to the frame after the result stood in the page; it holds everything a person waits
// for, also the processor when others have it. So beside each measurement a loop of known work runs in the same page. Where
// others crowd the processor, the same work costs more of its time (caches, hyper-threads): the first clock is divided by how
// much dearer the loop was than its cheapest run. And only where the loop got the processor when it asked for it (wall time at
// most 1.25 times its processor time), the wall clock is judged too; otherwise the line says "busy". Medians of several tries.
import { slowDown } from "./lib.mjs";

export const median = (xs) => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)];

const cheapest = new Map();

export async function meter(page) {
  const cdp = (page.state.cdp ??= await page.context().newCDPSession(page));
  await cdp.send("Performance.enable", { timeDomain: "threadTicks" });
  const busyMs = async () => (await cdp.send("Performance.getMetrics")).metrics.find((m) => m.name === "TaskDuration").value * 1000;

  // crowd: how much longer the loop took than the processor time it got, 1 on a machine that does nothing else; dear: how much
  // more of that time it cost than its cheapest run so far, of this speed.
  async function contention() {
    const before = await busyMs();
    const wall = await page.evaluate(() => {
      const begun = performance.now();
      let x = 1;
      for (let i = 0; i < 3_000_000; i++) x = (x * 1103515245 + 12345) % 2147483648;
      window.keepLoop = x;
      return performance.now() - begun;
    });
    const cpu = Math.max((await busyMs()) - before, 1);
    const rate = page.state.rate ?? 1;
    cheapest.set(rate, Math.min(cheapest.get(rate) ?? Infinity, cpu));
    return { crowd: wall / cpu, dear: Math.min(cpu / cheapest.get(rate), 3) };
  }

  // One action: does `act`, waits for `shown` (a function of the page, with arg). { wall, cpu } in ms.
  async function once(act, shown, arg) {
    await page.evaluate(([source, arg]) => {
      const shown = window.shownIs ?? (window.shownIs = {});
      const test = shown[source];
      let begun = 0;
      const note = (e) => { if (!begun) begun = e.timeStamp; };
      for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, note, { capture: true });
      window.measured = new Promise((done) => {
        // Looks when something changed, not at each frame: frames cost time themselves.
        const changes = new MutationObserver(() => look());
        changes.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
        addEventListener("focusin", look0, { capture: true });
        function look0() { look(); }
        let found = false;
        const look = () => {
          if (found || !begun || !test(arg)) return;
          found = true;
          changes.disconnect();
          removeEventListener("focusin", look0, { capture: true });
          requestAnimationFrame(painted);
        };
        const painted = () => {
          const port = new MessageChannel();
          port.port1.onmessage = () => {
            for (const kind of ["keydown", "pointerdown"]) removeEventListener(kind, note, { capture: true });
            done(performance.now() - begun);
          };
          port.port2.postMessage(0); // comes after this frame is painted
        };
      });
    }, [shown, arg ?? null]);
    const before = await busyMs();
    await act();
    const wall = await page.evaluate(() => Promise.race([window.measured, new Promise((done) => setTimeout(done, 20_000, null))]));
    if (wall === null) throw new Error(`${shown} did not come to pass within 20 s`);
    return { wall, cpu: (await busyMs()) - before };
  }
  return { busyMs, contention, once };
}

// Tries an action several times; gives the medians and whether the machine was quiet.
//   act      does it, by key or click
//   shown    the name of a test put into the page by name(): true when the result stands there
//   again    puts things back before the next try
export async function tries(page, n, { act, shown, arg, again }) {
  const m = await meter(page);
  const got = [];
  const noise = [];
  for (let i = 0; i < n; i++) {
    noise.push(await m.contention());
    got.push(await m.once(act, shown, typeof arg === "function" ? await arg() : arg));
    noise.push(await m.contention());
    await again?.();
  }
  return { wall: median(got.map((x) => x.wall)), cpu: median(got.map((x) => x.cpu)), ...crowding(noise) };
}

export function crowding(noise) {
  const crowd = median(noise.map((x) => x.crowd));
  return { quiet: crowd <= 1.25, crowd, dear: median(noise.map((x) => x.dear)) };
}

// Puts tests into the page that say whether a result stands there: { name: function }. The page's policy forbids eval, the
// protocol does not.
export async function name(page, tests) {
  for (const [key, fn] of Object.entries(tests)) await page.evaluate(`(window.shownIs ??= {})[${JSON.stringify(key)}] = ${fn}`);
}

// What went over its budget, as a sentence; empty if nothing did. Prints the figures either way.
export function judge(what, r, limitMs) {
  const work = r.cpu / r.dear;
  console.log(`     ${what}: ${work.toFixed(0)} ms of work${r.dear > 1.1 ? ` (${r.cpu.toFixed(0)}, dearer x ${r.dear.toFixed(1)})` : ""}, ${r.wall.toFixed(0)} ms to the paint${r.quiet ? "" : ` (busy x ${r.crowd.toFixed(1)})`}, limit ${limitMs}`);
  if (work > limitMs) return `${what}: ${work.toFixed(0)} ms of work, at most ${limitMs}`;
  if (r.quiet && r.wall > limitMs) return `${what}: ${r.wall.toFixed(0)} ms to the paint, at most ${limitMs}`;
  return "";
}
