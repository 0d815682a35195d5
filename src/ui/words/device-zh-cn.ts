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

  cleared: {
    name: '此页面的全部数据',
    hint: '对话、设置、密钥、模型，以及供离线使用的页面副本。',
    button: '全部删除',
    title: '删除此设备上的全部数据？',
    text: '此后浏览器不再保存此页面的任何内容：对话、草稿和设置，密码短语、通行密钥和服务器密钥，已下载或导入的模型，以及供离线使用的页面副本。此页面的所有标签页都会结束。删除后无法恢复：请先导出想保留的内容。',
    working: '正在删除全部数据…',
    here: '全部数据已删除',
    elsewhere: '全部数据已在另一个标签页中删除',
    partly: '尚未全部删除',
    looked: '删除前后都询问过浏览器，它为此地址保存了什么：',
    kinds: {
      databases: '数据库',
      caches: '缓存',
      keys: '本地和会话存储',
      serviceWorkers: '后台服务脚本',
      files: '私有文件',
    },
    states: { gone: '已删除', stays: '仍然存在', other: '保留：属于此地址的其他页面' },
    nothing: '删除前后均无',
    unknown: '浏览器未告知',
    stays: '此页面的某个标签页（例如休眠的标签页）可能仍占用剩余内容：请关闭它，重新开始，然后再删除一次。',
    notOurs:
      '只有浏览器能删除的内容：历史记录，以及它自己的网络缓存。为此页面创建的通行密钥已不能打开任何内容，可在管理通行密钥的地方删除。导出的文件由你保管。',
    again: '再次查看',
    begin: '重新开始',
    unreachable: '现在无法访问此页面，这里也没有它的副本。请在恢复网络后重试。',
  },

  requests: {
    name: '此页面的请求',
    show: '显示所有请求',
    hide: '隐藏',
    onlyThisSite: (host) => `请求只发往 ${host}，即此页面的来源。`,
    toOthers: (hosts) => `除本站外，请求还发往 ${hosts}。`,
    refused: (count) => `被页面策略拒绝：${count}。`,
    since: (time) => `自 ${time} 打开此标签页起统计；不会保存这些记录。`,
    by: { page: '页面', worker: '工作线程', 'service-worker': '后台服务脚本', browser: '浏览器' },
    whys: {
      page: '页面的一部分',
      engine: '引擎的一部分',
      model: (name) => `${name} 的文件`,
      server: (name) => `你添加的服务器上的 ${name}`,
      given: '在此添加的地址',
      browser: '由浏览器自行请求',
    },
    ends: {
      answered: '已回应',
      kept: '此设备已有',
      refused: '被页面策略拒绝，未发出任何内容',
      failed: '无回应',
      possible: '可能请求',
    },
    times: (count) => `${count} 次`,
  },
}
