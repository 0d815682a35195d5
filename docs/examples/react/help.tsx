/// <reference types="second-thought/react" />
import 'second-thought/element/define'
export const Help = () => (
  <reflection-chat variant="launcher" onreflection-message={({ detail }) => console.log(detail.answer)} />
)
