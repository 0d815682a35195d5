/**
 * Every message and reply that is stored, in whatever branch, by its id; of a growing reply what was saved last.
 * @param {import('playwright').Page} page
 * @returns {Promise<Map<string, string>>}
 */
export async function storedNodes(page) {
  return new Map(await page.evaluate(readNodes))
}

/** Runs in the page. @returns {Promise<[string, string][]>} */
function readNodes() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('second-thought-chats')
    opening.addEventListener('error', () => reject(opening.error))
    opening.addEventListener('success', () => {
      const reading = opening.result.transaction('records').objectStore('records').getAll()
      reading.addEventListener('error', () => reject(reading.error))
      reading.addEventListener('success', () => {
        opening.result.close()
        /** @type {Map<string, string>} */
        const nodes = new Map()
        for (const { conversation, replies } of reading.result) {
          for (const { id, content } of conversation?.nodes ?? replies ?? []) {
            if (content.length >= (nodes.get(id)?.length ?? 0)) nodes.set(id, content)
          }
        }
        resolve([...nodes])
      })
    })
  })
}
