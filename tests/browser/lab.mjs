// A laboratory of this run's own: started, spoken to by its command line, ended by its own process.
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export class Lab {
  /** @param {{ zegel: string, driver: string, folder: string }} where */
  static async up({ zegel, driver, folder }) {
    const child = spawn(zegel, ['lab', 'up', '--vpcd-driver', driver, '--dir', folder], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const lab = new Lab(zegel, folder, child);
    let output = '';
    const collect = (/** @type {Buffer} */ bytes) => {
      output += bytes.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const deadline = Date.now() + 120_000;
    while (Date.now() < deadline) {
      if (child.exitCode !== null) throw new Error(`the laboratory ended:\n${output}`);
      for (const address of new Set(output.match(/https:\/\/localhost:\d+/g) ?? [])) {
        if (await lab.isApplication(address)) {
          lab.application = address;
          return lab;
        }
      }
      await new Promise((later) => setTimeout(later, 250));
    }
    child.kill('SIGTERM');
    throw new Error(`the laboratory did not come up in two minutes:\n${output}`);
  }

  constructor(zegel, folder, child) {
    this.zegel = zegel;
    this.folder = folder;
    this.child = child;
    this.application = '';
  }

  /** Asked with curl, which takes the laboratory's own certificate without the whole process having to. */
  async isApplication(address) {
    try {
      const { stdout } = await run('curl', ['--silent', '--insecure', '--max-time', '2', `${address}/`]);
      return stdout.includes('action="/login"');
    } catch {
      return false;
    }
  }

  /** @param {string[]} words */
  async command(...words) {
    const { stdout } = await run(this.zegel, ['lab', ...words, '--dir', this.folder]);
    return stdout;
  }

  insert(card) {
    return this.command('card', 'insert', card);
  }

  async remove(card) {
    await this.command('card', 'remove', card).catch(() => '');
  }

  async down() {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.kill('SIGTERM');
    // Unreferenced: a timer that is not needed any more must not keep this program from ending.
    await Promise.race([ended, new Promise((later) => setTimeout(later, 20_000).unref())]);
    if (this.child.exitCode === null) this.child.kill('SIGKILL');
  }
}
