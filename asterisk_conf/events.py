"""The AMI events that Asterisk does not make at all: nobody of the hotline reads them, and each call has dozens.

Every other event is made, and `manager.conf` says which login is sent which. A name is written as Asterisk sends it.
"""

UNMADE = (
    *("AGIExecStart", "AGIExecEnd", "Newchannel", "Newexten", "Newstate", "NewCallerid", "NewConnectedLine", "VarSet"),
    *("NewAccountCode", "HangupHandlerPush", "HangupHandlerPop", "HangupHandlerRun", "DTMFBegin", "DTMFEnd", "Flash"),
    *("BridgeCreate", "BridgeDestroy", "BridgeEnter", "BridgeLeave", "BridgeMerge", "BridgeVideoSourceUpdate"),
    *("Hold", "Unhold", "Rename", "DialState", "SoftHangupRequest", "AttendedTransfer", "BlindTransfer", "UserEvent"),
    *("LocalBridge", "ConfbridgeJoin", "ConfbridgeLeave", "QueueMemberAdded", "QueueMemberRemoved", "QueueMemberPause"),
    *("LocalOptimizationBegin", "LocalOptimizationEnd", "MusicOnHoldStart", "MusicOnHoldStop"),
    *("MixMonitorStart", "MixMonitorStop", "MixMonitorMute", "ChanSpyStart", "ChanSpyStop"),
    *("ConfbridgeStart", "ConfbridgeEnd", "ConfbridgeTalking", "ConfbridgeMute", "ConfbridgeUnmute"),
    *("ChannelTalkingStart", "ChannelTalkingStop", "RTCPSent", "RTCPReceived"),
    *("QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon", "QueueMemberStatus", "QueueMemberPenalty"),
    *("AgentCalled", "AgentConnect", "AgentComplete", "AgentRingNoAnswer"),
    *("PeerStatus", "ExtensionStatus", "ChallengeSent", "SuccessfulAuth"),
)
"""`disabledevents` of manager.conf."""
