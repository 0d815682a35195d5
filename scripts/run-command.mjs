import { spawn } from 'node:child_process'

/**
 * Runs a program in sight of the user and waits for its end.
 * @param {string} command
 * @param {readonly string[]} parameters
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, minutes?: number }} [options] `minutes`: how long it may take; 60 by default.
 * @returns {Promise<number>} Its exit code; 1 when it was ended by a signal or took too long.
 * @throws {Error} When it cannot be started.
 */
export function runCommand(command, parameters, { cwd, env = process.env, minutes = 60 } = {}) {
  return new Promise((resolve, reject) => {
    const timeout = minutes * 60_000
    const child = spawn(command, parameters, { cwd, env, timeout, stdio: ['ignore', 'inherit', 'inherit'] })
    child.on('error', (cause) => reject(new Error(`${command} could not be started: ${cause.message}`, { cause })))
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
