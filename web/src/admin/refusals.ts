/** What the telephone system refuses, in Chinese: by its sentence where that names somebody, else by the code. */

import { inChinese } from './serverWords'

/** The codes of `CommandRefusedError` and its kin (acd/rules, agi_scripts/link.py). */
export const REFUSALS: Readonly<Record<string, string>> = {
  busy: '请先结束您自己电话上的通话或监听',
  forbidden: '只有班长和管理员可以这样做',
  leg_unknown: '电话刚接通，请稍后再点一次',
  malformed: '请求不完整，请刷新页面后再试',
  microphone_lost: '请先连接麦克风，否则市民听不到您',
  no_phone: '您的电话不空闲：请先连接，或结束正在用它的通话',
  no_talk: '那里现在没有通话，请再看一下现场',
  no_wrap_up: '这位座席现在不在话后处理',
  not_listening: '您现在没有监听任何通话',
  not_now: '通话情况已经变化，请再看一下',
  not_waiting: '这个来电已不在排队，请再看一下现场',
  number_refused: '这个号码不能从这里呼出，只能呼叫国内市民的号码',
  out_of_reach: '这个来电正由后备队列处理，暂时不能移动',
  own_call: '这是您自己的通话',
  pause_quota_used: '今天这个原因的小休时间已经用完，请选择其他原因，或请示班长',
  pause_reason_unknown: '请选择小休原因',
  phone_away: '您的电话没有连接，请先连接电话',
  phone_busy: '您的电话正在使用，请先挂机',
  ringing: '请先接听您自己的电话',
  same_queue: '这个来电已经在这个队列中',
  session_over: '接听日已经结束：请结束当前通话，然后签出',
  target_away: '对方不在岗，请换一位，或转到队列',
  target_busy: '对方现在不能接听，请换一位',
  telephone_away: '话务系统刚刚恢复，请马上再试一次',
  transition_refused: '当前状态不能这样做，请先完成手上的通话或话后处理',
  unknown_act: '没有这种操作，请刷新页面后再试',
  unknown_agent: '没有这位座席，请刷新页面后再试',
  unknown_command: '没有这种操作，请刷新页面后再试',
  unknown_queue: '没有这个队列，请刷新页面后再试',
  unknown_state: '没有这种状态，请刷新页面后再试',
  unknown_target: '没有这个转接对象，请重新选择',
}

/** What a refusal says, in Chinese; only a code that nobody has named yet is told in the server's own words. */
export function refusalInChinese(code: string, detail: string): string {
  const said = inChinese(detail)
  if (said !== detail) return said
  return Object.hasOwn(REFUSALS, code) ? (REFUSALS[code] ?? detail) : detail
}
