import type { GpuAdviceWords } from './gpu-advice-en.ts'

/** How to get WebGPU, in Simplified Chinese. */
export const gpuAdviceZhCn: GpuAdviceWords = {
  lead: 'Second Thought 通过 WebGPU 在你自己的 GPU 上运行模型。要启用它：',
  more: '更多方法',
  tooOld: (since) => `此浏览器版本太旧，从第 ${since} 版起才有 WebGPU。`,
  titles: {
    'insecure-page': '此页面不是通过 https 打开的，因此浏览器不允许它使用 GPU。',
    off: '此浏览器未开启 WebGPU。',
    'off-in-firefox': '此 Firefox 未开启 WebGPU。',
    'not-yet-in-firefox': '在此系统上，Firefox 默认还没有 WebGPU，需要手动开启。',
    'old-ios': 'WebGPU 从 iOS 和 iPadOS 26 起可用，当前版本较旧。',
    'old-safari': 'WebGPU 从 Safari 26 起可用，当前版本较旧。',
    'no-webgpu': '此浏览器没有 WebGPU。',
    'no-adapter': '此浏览器有 WebGPU，但没有可用的 GPU：可能没有 GPU、GPU 没有响应、驱动被屏蔽，或图形加速已关闭。',
  },
  steps: {
    'use-https': '把地址开头的 `http://` 改为 `https://`。',
    'use-localhost':
      '如果页面在本机运行，请用 `http://127.0.0.1` 或 `http://localhost` 加端口号打开，不要使用其他名称。',
    'update-browser': '更新浏览器并重新启动。',
    'use-chrome': '或使用新版 Chrome 或 Edge，它们在大多数设备上都有 WebGPU。',
    'use-another-browser': '请用新版 Chrome、Edge、Firefox 或 Safari 打开此页面，不要在其他应用内打开。',
    'use-chrome-on-android': '请使用新版 Chrome，它在大多数 Android 12 或更高版本的设备上都有 WebGPU。',
    'not-inside-another-app': '请直接在 Chrome 中打开此页面，不要在其他应用内打开。',
    'turn-on-acceleration': '打开 `chrome://settings/system`，开启“使用图形加速功能（如果可用）”，然后重新启动浏览器。',
    'turn-on-for-windows-on-arm':
      '在 ARM 版 Windows 上，请在 `chrome://flags/#enable-unsafe-webgpu` 中开启，然后重新启动浏览器。',
    'turn-on-in-firefox': '打开 `about:config`，将 `dom.webgpu.enabled` 设为 true，然后重新启动 Firefox。',
    'turn-on-in-ios-18': '在 iOS 18 上，可以在“设置”→“App”→“Safari”→“高级”→“功能标志”→“WebGPU”中开启。',
    'try-firefox-nightly': 'Firefox Nightly 已默认开启。',
    'linux-gpus-with-chrome':
      '在 Linux 上，Intel GPU（第 12 代及以后）从 Chrome 144 起默认开启，NVIDIA GPU（驱动 535 及以后）从 147 起默认开启。',
    'macs-with-firefox': 'Firefox 仅在搭载 Apple 芯片的 Mac 上提供，从第 147 版起也支持早于 macOS 26 的系统。',
    'start-chrome-on-linux':
      '关闭浏览器的所有窗口，然后在终端中加上以下参数启动：' +
      '`--enable-unsafe-webgpu --ozone-platform=x11 --use-angle=vulkan --enable-features=Vulkan,VulkanFromANGLE`',
    'see-chrome-status': '打开 `chrome://gpu`，在“Graphics Feature Status”下可以看到 WebGPU 是否开启，下方说明原因。',
    'ignore-blocklist-in-chrome':
      '如果 GPU 在问题设备名单上，仍可尝试：开启 `chrome://flags/#ignore-gpu-blocklist` 和 `chrome://flags/#enable-unsafe-webgpu`，然后重新启动浏览器。',
    'ignore-blocklist-in-firefox':
      '如果 GPU 在问题设备名单上，仍可尝试：在 `about:config` 中将 `gfx.webgpu.ignore-blocklist` 设为 true。',
    'leave-lockdown': '锁定模式会关闭 WebGPU：请在地址栏的页面菜单中为此网站停用锁定模式。',
    'update-ios': '在“设置”→“通用”→“软件更新”中更新系统，系统上的所有浏览器都会随之获得 WebGPU。',
    'update-macos': '更新到 macOS 26 即可获得。',
    'update-android': 'WebGPU 需要 Android 12 或更高版本：请检查系统更新。',
    'update-windows-driver': '安装 GPU 厂商提供的最新显卡驱动，然后重新启动电脑。',
    'install-vulkan':
      '安装 GPU 的 Vulkan 驱动（Intel 和 AMD 的软件包通常名为 `mesa-vulkan-drivers`）；成功后 `vulkaninfo` 会列出该 GPU。',
    'update-system': '安装系统更新（其中包含显卡驱动），然后重新启动设备。',
    'leave-virtual-machine': '远程桌面和虚拟机往往没有 GPU：请直接使用电脑本身。',
  },
}
