/** One step of a session that is one test, because each step begins with what the one before left: what fails in it names the step. */
export async function step(name: string, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (error instanceof Error) error.message = `${name}: ${error.message}`
    throw error
  }
}
