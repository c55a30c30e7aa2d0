/**
 * The page in Firefox, which Playwright cannot drive: log in, tab through a list and a form, write, save, declare.
 * Asked for by the environment; answers with a line of JSON: what the document became, what was unseen under the focus, what
 * the page did wrong.
 */
import { readFileSync } from "node:fs";
import puppeteer from "puppeteer-core";

const { PROGRAM, PAGE, TENANT, LOGIN, PASSWORD, DOCUMENT, NUMBER, SECONDS = "180", SHOT } = process.env;
const focusSeen = readFileSync(new URL("./focus-seen.js", import.meta.url), "utf8");
const browser = await puppeteer.launch({ browser: "firefox", executablePath: PROGRAM, headless: true, timeout: 300_000, protocolTimeout: 300_000 });
const wrong = [];
const unseen = new Set();
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(Number(SECONDS) * 1000);
  await page.setViewport({ width: 1366, height: 768 });
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => message.type() === "error" && !message.text().includes("401") && wrong.push(message.text()));

  await page.goto(PAGE);
  for (const [name, value] of Object.entries({ tenant: TENANT, login: LOGIN, password: PASSWORD })) {
    await page.waitForSelector(`input[name=${name}]`);
    await page.focus(`input[name=${name}]`);
    await page.keyboard.type(value);
  }
  await page.keyboard.press("Enter");
  await page.waitForSelector("nav.sidebar");

  const tabThrough = async (stops) => {
    for (let stop = 0; stop < stops; stop += 1) {
      await page.keyboard.press("Tab");
      const told = await page.evaluate(`(${focusSeen})()`);
      if (told && !told.seen) unseen.add(told.what);
    }
  };
  await page.goto(`${PAGE}/z8/inventories`);
  await page.waitForFunction((number) => document.querySelector("table.list")?.textContent.includes(number), {}, NUMBER);
  await tabThrough(30);
  await page.goto(`${PAGE}/z8/inventories/${DOCUMENT}/edit`);
  await page.waitForSelector('.head-form [data-pointer="/head/remark"]');
  await tabThrough(12);
  await page.focus('[data-pointer="/head/remark"]');
  await page.keyboard.type("火狐里写的");
  if (SHOT) await page.screenshot({ path: SHOT });
  await page.keyboard.down("Control");
  await page.keyboard.press("s");
  await page.keyboard.up("Control");
  await page.waitForFunction(() => document.querySelector(".entry-state")?.textContent === "已暂存");
  await page.keyboard.press("F9");
  await page.waitForFunction(() => document.activeElement?.matches("button") && document.activeElement.textContent.includes("确认申报"));
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector(".doc-title .state")?.textContent === "已核扣");
  console.log(JSON.stringify({ version: await browser.version(), state: "已核扣", unseen: [...unseen], wrong }));
} finally {
  await browser.close();
}
