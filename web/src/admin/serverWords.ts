/** What the server says in English about menus, sounds and incidents, in Chinese; what is not known stays as it is. */

import { adminZh } from '../i18n/adminZh'
import { FORM_SENTENCES, RULE_SENTENCES } from './ruleWords'

/** English as the server writes it, `{}` for what changes, and Chinese with the same parts in their order. */
export const SENTENCES: readonly (readonly [string, string])[] = [
  // Findings of ivr/validation.py and ivr/speech.py: what is wrong.
  ['the number has no tree', '这个号码没有菜单'],
  ['there is no tree {}', '没有名为 {} 的菜单'],
  ['there is no node {}', '没有名为 {} 的节点'],
  ['{} leads to {}, which does not exist', '{} 指向不存在的节点 {}'],
  ['there is no queue {}', '没有队列 {}'],
  ['no way leads here', '没有任何路径到达这里'],
  ['a caller who presses nothing comes here again and again', '不按键的市民会反复回到这里'],
  ['nobody can be reached from here', '从这里到不了人工'],
  [
    'the call can end here before the citizen has reached anybody or left anything',
    '市民既没有接通人工、也没有留下诉求，通话就可能在这里结束',
  ],
  ['a rating is asked for before the talk', '通话之前就要求评价'],
  ['{} does not end with a person', '{} 最终到不了人工'],
  ['a number of {} to {} digits cannot be typed', '{} 到 {} 位的号码无法按键输入'],
  ['the target {} has not answered a test', '转接号码 {} 没有通过拨测'],
  ['no key gives a score', '没有按键对应评分'],
  ['no sound says what the keys mean', '没有语音说明按键的含义'],
  ['it is never played', '永远不会播放'],
  ['more than {} attempts are never made', '尝试次数最多只有 {} 次'],
  ['0 does not lead to a person', '按 0 不能转人工'],
  ['0 does not lead straight to a person', '按 0 不能直接转人工'],
  ['{} is not a key', '{} 不是电话按键'],
  ['{} choices are more than a caller can keep in mind', '{} 个选项太多，市民记不住'],
  ['a second menu follows: {}', '后面还有第二层菜单：{}'],
  [
    'the hours leave a gap: {} nobody answers and nothing can be left',
    '时段有空档（{}）：无人接听，也不能留下诉求',
  ],
  ['it is never open on an ordinary day', '平常日子从不开放'],
  [
    'it is closed for only {} min from {}, which looks like a slip',
    '只关闭 {} 分钟（从 {} 起），像是填错',
  ],
  ['it can be reached before the {} was typed', '还没有输入 {} 就能到达这里'],
  ['the greeting lasts {} s', '欢迎语长 {} 秒'],
  ['there is no sound {}', '没有语音 {}'],
  ['the sound {} is not approved', '语音 {} 还没有批准'],
  ['the sound {} reads like advertising: {}', '语音 {} 像是广告：{}'],
  ['{} s of sound go before a person can be reached here', '在这里接通人工之前要听 {} 秒语音'],
  // What to do about it.
  ['give it a tree', '请为它指定菜单'],
  ['name a node that exists', '请选择已有的节点'],
  ['add the node or lead elsewhere', '请添加这个节点，或改到别处'],
  ['open the queue first or name another', '请先建立这个队列，或选择其他队列'],
  ['take it out or lead to it', '请删除它，或让其他节点指向它'],
  ['lead on to a queue', '请改为转人工'],
  [
    'lead on to a queue, or let a message or a call back come first',
    '请改为转人工，或先安排留言、回拨登记',
  ],
  ['lead to it by after_talk only', '请只用“通话结束后”指向它'],
  ['let {} lead to a queue', '请让 {} 转人工'],
  ['let 2 <= min_digits <= max_digits <= {}', '位数应在 2 到 {} 之间，且最少位数不大于最多位数'],
  ['place a test call to it, or name another', '请先拨测，或选择其他号码'],
  ['give keys their scores', '请为按键设定评分'],
  ['add a sound', '请添加语音'],
  ['play it once at least, and wait 0 s or longer', '至少播放一次，等待时间不小于 0 秒'],
  ['give at most {}', '最多填 {}'],
  ['give the key 0 a queue', '请让按键 0 转人工'],
  ['let the key 0 lead to a queue, sounds at most before', '请让按键 0 转人工，之前最多播放语音'],
  ['use 0-9, * and #', '请使用 0-9、* 和 #'],
  ['use at most {}', '最多 {} 个'],
  ['keep to one level', '请只保留一层菜单'],
  [
    'let on_closed lead to a queue, a message, a call back or a transfer',
    '请让“关闭时”转人工、留言、回拨登记或转接',
  ],
  ['give at least one period, or take it out', '请至少填一个时段，或删除它'],
  [
    'let one period begin where the other ends (24:00 ends a day)',
    '请让前后时段相接（一天以 24:00 结束）',
  ],
  [
    'let a node that collects the {} come before it on every way',
    '请在每条路径上先安排收取 {} 的节点',
  ],
  ['shorten it to less than {} s', '请缩短到 {} 秒以内'],
  ['upload it, have its text spoken, or name another', '请上传、用文字合成，或选择其他语音'],
  ['listen to it and approve it, or name another', '请试听后批准，或选择其他语音'],
  ['say only what the caller needs', '请只说市民需要的内容'],
  ['keep it only where it names a public service', '确属公共服务内容才保留'],
  ['shorten them to {} s together', '请缩短到合计 {} 秒以内'],
  // Mistakes of form (ivr/fields.py, ivr/codec.py).
  ['this field is not known', '没有这个字段'],
  ['correct its name or take it out', '请改正字段名或删除'],
  ['the field {} is missing', '缺少字段 {}'],
  ['{} is not known', '不认识 {}'],
  ['use one of {}', '请使用：{}'],
  ['name one of {}', '请选择：{}'],
  ['{} nodes', '共 {} 个节点'],
  ['{} is out of bounds', '{} 超出范围'],
  ['give a number from {} to {}', '请填 {} 到 {} 之间的数'],
  ['give a whole number from {} to {}', '请填 {} 到 {} 之间的整数'],
  ['give a number', '请填数字'],
  ['{} is not a name', '{} 不能作名称'],
  ['use up to 64 letters, digits, - and _ (in quotes)', '请用不超过 64 个字母、数字、- 和 _'],
  ['{} is not a sound', '{} 不是语音名称'],
  ['{} stands twice', '{} 重复'],
  ['keep one', '请只保留一个'],
  ['{} is not a period ({})', '{} 不是时段（{}）'],
  ['{} and {} overlap on {}', '{} 与 {} 重叠（{}）'],
  ['join them', '请合并'],
  ['{} is no time of day ({})', '{} 不是一天中的时间（{}）'],
  ['{} ends before it begins ({})', '{} 的结束早于开始（{}）'],
  ['split it at midnight', '请在零点分成两段'],
  [
    'give periods such as ["08:30-12:00", "14:00-18:00"], the last minute up to 24:00',
    '请按 08:30-12:00, 14:00-18:00 的格式填写，最晚到 24:00',
  ],
  // The trial: what happens (ivr/citizen.py).
  ['hears', '听到'],
  ['hears before the answer', '接通前听到（彩铃）'],
  ['may press a key for {} s', '等待按键 {} 秒'],
  ['is recorded for up to {} s', '录音，最长 {} 秒'],
  ["the caller's number is looked up", '查询来电号码'],
  ['the case is looked up', '查询工单'],
  ['is put through to {}', '转接到 {}'],
  ['no score is stored', '记为未评价'],
  ['the score {} is stored', '记录评分 {}'],
  ['the language becomes {}', '语言改为 {}'],
  ['a call back by {} is registered', '登记由 {} 回拨'],
  ['is registered as affected by {}', '登记为受事件 {} 影响'],
  // The trial: what the citizen does.
  ['hangs up', '市民挂机'],
  ['this fails', '（试听：此处故障）'],
  ['they talk', '双方通话'],
  ['done', '完成'],
  ['listens', '市民听完'],
  ['presses {} meanwhile, which means nothing here', '播放中按 {}，此处无效'],
  ['presses {} meanwhile', '播放中按 {}'],
  ['presses {}', '市民按 {}'],
  ['is silent for {} s', '{} 秒没有按键'],
  ['says nothing', '没有说话'],
  ['speaks for {} s and presses {}', '留言 {} 秒后按 {}'],
  ['speaks for {} s', '留言 {} 秒'],
  ['the number is known, with an open case', '号码已登记，有在办工单'],
  ['the number is known', '号码已登记'],
  ['the number is not known', '号码未登记'],
  ['no such case', '没有这个工单'],
  ['the case is found', '查到工单'],
  ['(the progress of the case)', '（播报工单进度）'],
  // Refusals of the API.
  [
    '{} error{} this menu from being {}; mend what `findings` names.',
    '有 {} 处错误，请按提示修改。',
  ],
  [
    'This is no menu tree; mend what `findings` names and send it again.',
    '菜单不完整，请按提示修改。',
  ],
  [
    'You wrote or changed this version; ask another administrator to approve it.',
    '自己编写或修改过的版本，要由另一位管理员批准。',
  ],
  [
    '{} has changed this draft meanwhile; it is at revision {}. Read it again.',
    '{} 刚刚修改了这个草稿（修订 {}），请重新查看。',
  ],
  [
    '`at` has passed; name a later time, or leave it out to publish now.',
    '时间已过，请选择以后的时间，或立即发布。',
  ],
  ['`at` is more than a year ahead; name an earlier time.', '时间超过一年，请选择更早的时间。'],
  [
    'Version {} is in force then already; nothing was published.',
    '第 {} 版届时已在生效，没有重复发布。',
  ],
  [
    'Version {} is not approved; submit it and have it approved first.',
    '第 {} 版还没有批准，请先提交审核。',
  ],
  [
    'No other version was in force before this one; publish the version that you want instead.',
    '之前没有其他版本生效过，请直接发布需要的版本。',
  ],
  ['This publication is cancelled already.', '这次发布已经取消。'],
  [
    'This publication has taken effect; roll back, or publish another version.',
    '这次发布已经生效，请回退或发布其他版本。',
  ],
  ['There is no such menu; GET /api/menus lists those that are.', '没有这个菜单。'],
  [
    'There is no such version; GET /api/menus/{name}/versions lists those that are.',
    '没有这个版本。',
  ],
  [
    'The file is not sound that is known here; send WAV, MP3, OGG or FLAC.',
    '这个文件不是音频，请上传 WAV、MP3、OGG 或 FLAC。',
  ],
  [
    'The file is empty; send a WAV, MP3, OGG or FLAC file.',
    '文件是空的，请上传 WAV、MP3、OGG 或 FLAC。',
  ],
  [
    'The file cannot be unpacked within bounds; send it as a plain WAV.',
    '文件解开后太大，请改为普通 WAV 再上传。',
  ],
  [
    'The file takes too long to unpack; send it as a plain WAV.',
    '文件解开太慢，请改为普通 WAV 再上传。',
  ],
  [
    "The file's name holds a path; send the bare name, such as notice.mp3.",
    '文件名里有路径，请只用文件名，例如 notice.mp3。',
  ],
  ['The text was not spoken: {}.', '文字没有合成：{}。'],
  [
    'Other sounds are being worked on now; send yours again in a moment.',
    '正在处理其他语音，请稍候再试。',
  ],
  [
    'You made this sound; let another administrator listen and decide.',
    '自己制作的语音，要由另一位管理员试听后决定。',
  ],
  [
    'Citizens hear it: {}. Publish or change these first, then reject it.',
    '市民正在听到它：{}。请先改掉这些，再否决。',
  ],
  [
    'This is the last number; add another one before it is taken out.',
    '这是最后一个号码，请先添加其他号码。',
  ],
  [
    'Callers are transferred to {} by {}; publish one without it first.',
    '号码 {} 正被 {} 用于转接，请先发布不用它的版本。',
  ],
  ['Correct what `findings` names; the incident is not on.', '请按提示修改，通知没有启用。'],
  ['This incident is over since {}.', '这个通知在 {} 已经结束。'],
  ['there is no menu {}', '没有菜单 {}'],
  ['there is no number {}', '没有号码 {}'],
  ['no line belongs to {}', '没有线路属于 {}'],
  // Guest sessions (api/guests).
  [
    'The session cannot be opened like this; `findings` says why.',
    '接听日没有开启，请按提示修改。',
  ],
  ['the session would be over before it begins', '结束早于开始，或已经过去'],
  ['let it end later', '请推迟结束时间'],
  ['a session lasts 24 hours at most', '一场接听日最长 24 小时'],
  ['open one for each day', '请每天各安排一场'],
  ['that is more than a year ahead', '时间在一年以后'],
  ['open it later', '请以后再安排'],
  ['{} leads to another session at that time', '{} 在这段时间已用于另一场接听日'],
  ['leave it out, or choose another time', '请去掉这个号码，或另选时间'],
  ['only {} phones are free at that time', '这段时间只有 {} 部电话空闲'],
  ['invite fewer, or at another time', '请减少嘉宾，或另选时间'],
  ['there is no such queue', '没有这个队列'],
  ['choose one of GET /api/queues', '请从列表中选择'],
  ['This session is over already.', '这场接听日已经结束。'],
  ['There is no such guest session; GET /api/guest-sessions lists them.', '没有这场接听日。'],
  // The desk: what cannot be done now, and names who or what (acd/rules); the rest goes by its code (refusals.ts).
  ['{} needs a citizen on the line who is yours; you have none now', '现在没有您的市民在线上'],
  ['{} cannot take a call now: choose somebody else', '{} 现在不能接听，请换一位'],
  ['nobody of {} is free now: transfer to the queue', '{} 现在没有空闲座席，请直接转到队列'],
  ['somebody waits for {} already: choose another', '已经有市民在等 {}，请换一位'],
  ['{} is not here: choose somebody else, or the queue', '{} 不在岗，请换一位，或转到队列'],
  [
    "today's {} minutes of {} are used up: take another reason, or ask your supervisor",
    '今天的 {} 分钟{}已经用完，请选择其他原因，或请示班长',
  ],
]

const compiled = [...SENTENCES, ...RULE_SENTENCES, ...FORM_SENTENCES].map(([english, chinese]) => ({
  pattern: new RegExp(`^${english.split('{}').map(escaped).join('(.*?)')}$`, 'su'),
  chinese,
}))

/** A sentence of the server in Chinese, or as it is. */
export function inChinese(sentence: string): string {
  for (const { pattern, chinese } of compiled) {
    const found = pattern.exec(sentence)
    if (found === null) continue
    const parts = found.slice(1)
    return chinese.replaceAll('{}', () => unquoted(parts.shift() ?? ''))
  }
  return sentence
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function unquoted(part: string): string {
  const bare = /^'[^']*'$/.test(part) ? part.slice(1, -1) : part
  return named(bare)
}

/** A way or a field as the form calls it: `on_failure`, `key 1`, `choices.1`. */
export function named(place: string): string {
  const words: Record<string, string> = adminZh.field
  const [field = '', ...rest] = place.split('.')
  if (place.startsWith('key ')) return `按键 ${place.slice(4)}`
  return Object.hasOwn(words, field) ? [words[field], ...rest].join(' ') : place
}
