import type { DeviceWords } from './device-en.ts'

/** What the page keeps on this device, in Simplified Chinese. */
export const deviceZhCn: DeviceWords = {
  offline: {
    name: '离线使用',
    waiting: '模型就绪后，此页面会保存下来供离线使用。',
    preparing: (done, all) => `正在保存以供离线使用：${done}，共 ${all}。`,
    incomplete: '离线所需的内容未能全部获取，下次访问时会重试。',
    ready: (size) => `可离线使用：页面及其引擎已保存在此设备上（${size}）。`,
    why: {
      insecure: '此页面未通过加密连接打开，浏览器无法保存它。',
      unsupported: '此浏览器无法保存页面供离线使用。',
      refused: '浏览器不为此页面保存任何内容，例如在无痕窗口中。',
    },
    parts: {
      page: '页面',
      gpu: 'GPU 引擎',
      processor: '处理器引擎',
      threads: '处理器引擎（多线程）',
    },
    partHint: (size) => `${size}；首次使用时保存，也可现在保存。`,
    keep: '立即保存',
    keepOf: (name) => `立即保存：${name}`,
  },
}
