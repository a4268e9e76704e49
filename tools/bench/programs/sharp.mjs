// `node sharp.mjs FOLDER PROGRAM PHOTO`: what a Node service with sharp does for the two pictures that the intake
// keeps of a photo. sharp is taken from FOLDER. For each line that comes in, it is done once, and a line of JSON says
// how much CPU time that cost.
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";

const [folder, program, photo] = process.argv.slice(2);
const sharp = createRequire(path.join(folder, "package.json"))("sharp");
const WEBP = { quality: 75, effort: 2 };
const JPEG = { quality: 85 };
const inside = (image, side) => image.resize(side, side, { fit: "inside", withoutEnlargement: true });

sharp.cache(false);
sharp.concurrency(1);

// The programs a careful developer would write.
const careful = {
  // Each picture from the file: the small one is decoded at an eighth.
  async apart(data) {
    await inside(sharp(data).rotate(), 2048).jpeg(JPEG).toBuffer();
    await inside(sharp(data).rotate(), 200).webp(WEBP).toBuffer();
  },
  // One decode, two branches of one pipeline.
  async branches(data) {
    const upright = sharp(data).rotate();
    await Promise.all([
      inside(upright.clone(), 2048).jpeg(JPEG).toBuffer(),
      inside(upright.clone(), 200).webp(WEBP).toBuffer(),
    ]);
  },
  // The small picture from the pixels of the large one.
  async pixels(data) {
    const { data: raw, info } = await inside(sharp(data).rotate(), 2048).raw().toBuffer({ resolveWithObject: true });
    const large = { raw: { width: info.width, height: info.height, channels: info.channels } };
    await sharp(raw, large).jpeg(JPEG).toBuffer();
    await inside(sharp(raw, large), 200).webp(WEBP).toBuffer();
  },
  // The small picture from the file of the large one.
  async chained(data) {
    const large = await inside(sharp(data).rotate(), 2048).jpeg(JPEG).toBuffer();
    await inside(sharp(large), 200).webp(WEBP).toBuffer();
  },
};

// What the extension storage-resize-images does with each size and type: resize into the original's type, decode that
// and convert it, decode again and write the file. Its options are its defaults.
async function extension(sizes, types) {
  const made = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "loupe-bench-")), "picture");
  for (const size of sizes) {
    for (const type of types(size)) {
      const resized = await inside(sharp(photo, { failOnError: false }).rotate(), size).toBuffer();
      const converted = await sharp(resized)[type]({}).toBuffer();
      await sharp(converted).toFile(`${made}.${type}`);
    }
  }
  fs.rmSync(path.dirname(made), { recursive: true });
}

const programs = {
  ...careful,
  extension: () => extension([2048, 200], (size) => (size === 2048 ? ["jpeg"] : ["webp"])),
  extensionAll: () => extension([2048, 200], () => ["jpeg", "webp"]),
};

// Not resourceUsage(): its maximum counts the process that started this one, too.
const peak = () => Number(/VmHWM:\s*(\d+)/.exec(fs.readFileSync("/proc/self/status", "utf8"))[1]) / 1024;

const data = fs.readFileSync(photo);
console.log(JSON.stringify({ versions: { node: process.versions.node, sharp: sharp.versions.sharp } }));
for await (const _ of readline.createInterface({ input: process.stdin })) {
  const before = process.cpuUsage();
  await programs[program](data);
  const { user, system } = process.cpuUsage(before);
  console.log(JSON.stringify({ cpu: (user + system) / 1000, peak: peak() }));
}
