import type { FrameWords } from './frame-en.ts'

/** The same in Simplified Chinese. */
export const frameZhCn: FrameWords = {
  open: '浏览器会为每个显示此对话的网站分别保存下载的内容。',
  use: (site) => `使用你已在 ${site} 下载的模型`,
  asking: '正在向浏览器请求。',
  copying: (share) => `正在复制模型：${share}`,
  here: '模型已在此处，无需下载。',
  refused: (site) =>
    `浏览器没有允许。只有你在单独的标签页中使用过的网站（例如 ${site}），并且在你同意后，浏览器才会允许。否则，第一个问题会下载模型。`,
  absent: (site) => `此浏览器没有在 ${site} 下载过这个模型。第一个问题会在此处下载它。`,
  full: '没有足够的空间复制模型。请在此设备上释放一些空间，然后重试。',
  failed: '无法复制模型。请重试，或让第一个问题下载它。',
}
