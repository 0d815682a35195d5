/**
 * How to get WebGPU, in English; by `GpuAdviceTitle` and `GpuAdviceStep`. What is to be typed or looked up as it stands is between
 * backticks. Fetched when a browser has no WebGPU.
 */
export const gpuAdviceEn = {
  lead: 'Second Thought runs its model on your own GPU, through WebGPU. To get it:',
  more: 'More ways',
  tooOld: (since: number) => `This browser is too old for WebGPU, which it has since version ${since}.`,
  titles: {
    'insecure-page': 'This page was opened without https, so the browser keeps the GPU from it.',
    off: 'WebGPU is off in this browser.',
    'off-in-firefox': 'WebGPU is off in this Firefox.',
    'not-yet-in-firefox': 'Firefox has no WebGPU on this system yet, unless it is turned on by hand.',
    'old-ios': 'WebGPU comes with iOS and iPadOS 26, and this is an older version.',
    'old-safari': 'WebGPU comes with Safari 26, and this is an older version.',
    'no-webgpu': 'This browser has no WebGPU.',
    'no-adapter':
      'This browser has WebGPU, but no GPU that it may use: there is none, it does not answer, its driver is blocked, or acceleration is off.',
  },
  steps: {
    'use-https': 'Put `https://` instead of `http://` in front of the address.',
    'use-localhost':
      'If the page runs on this computer, open it at `http://127.0.0.1` or `http://localhost`, with its port, not under another name.',
    'update-browser': 'Update the browser and start it anew.',
    'use-chrome': 'Or use a current Chrome or Edge, which have WebGPU on most devices.',
    'use-another-browser': 'Open the page in a current Chrome, Edge, Firefox or Safari, not inside another app.',
    'use-chrome-on-android': 'Use a current Chrome, which has WebGPU on most devices with Android 12 or later.',
    'not-inside-another-app': 'Open the page in Chrome itself, not inside another app.',
    'turn-on-acceleration':
      'Open `chrome://settings/system`, turn on “Use graphics acceleration when available”, and start the browser anew.',
    'turn-on-for-windows-on-arm':
      'On Windows for ARM, turn it on at `chrome://flags/#enable-unsafe-webgpu` and start the browser anew.',
    'turn-on-in-firefox': 'Open `about:config`, set `dom.webgpu.enabled` to true, and start Firefox anew.',
    'turn-on-in-ios-18':
      'With iOS 18 it can be turned on in Settings → Apps → Safari → Advanced → Feature Flags → WebGPU.',
    'try-firefox-nightly': 'Firefox Nightly has it on already.',
    'linux-gpus-with-chrome':
      'On Linux it is on for Intel GPUs since Chrome 144 (12th generation and later) and for NVIDIA since 147 (driver 535 and later).',
    'macs-with-firefox': 'Firefox has it on Macs with Apple silicon only, since version 147 also before macOS 26.',
    'start-chrome-on-linux':
      'Close all windows of the browser and start it from a terminal with these switches: ' +
      '`--enable-unsafe-webgpu --ozone-platform=x11 --use-angle=vulkan --enable-features=Vulkan,VulkanFromANGLE`',
    'see-chrome-status':
      'Open `chrome://gpu`: under “Graphics Feature Status” it says whether WebGPU is on, and below why not.',
    'ignore-blocklist-in-chrome':
      'If the GPU is on the list of those that make trouble, it can be tried all the same: ' +
      'turn on `chrome://flags/#ignore-gpu-blocklist` and `chrome://flags/#enable-unsafe-webgpu` and start the browser anew.',
    'ignore-blocklist-in-firefox':
      'If the GPU is on the list of those that make trouble, it can be tried all the same: set `gfx.webgpu.ignore-blocklist` to true in `about:config`.',
    'leave-lockdown': 'Lockdown Mode turns WebGPU off: leave it for this site in the page menu of the address bar.',
    'update-ios': 'Update the system in Settings → General → Software Update. All browsers on it get WebGPU that way.',
    'update-macos': 'Update to macOS 26, which brings it.',
    'update-android': 'WebGPU needs Android 12 or later: look for an update of the system.',
    'update-windows-driver': "Install the newest graphics driver from the GPU's maker, and start the computer anew.",
    'install-vulkan':
      'Install the Vulkan driver of the GPU (for Intel and AMD often a package named `mesa-vulkan-drivers`); `vulkaninfo` lists the GPU once it works.',
    'update-system': 'Install the updates of the system, which bring the graphics driver, and start the device anew.',
    'leave-virtual-machine': 'Remote desktops and virtual machines often have no GPU: use the computer itself.',
  },
}

/** What every language must have. */
export type GpuAdviceWords = typeof gpuAdviceEn
