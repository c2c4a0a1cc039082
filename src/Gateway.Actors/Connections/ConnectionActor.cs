// One client connection: takes what its port, its rooms and the engine tell it, one message at a time, and hands it to the connection's parts.
// A child of ConnectionsActor, which stops it when it fails. Sees commands and events, never JSON or frames; never waits.

using Gateway.Actors.Delivery;
using Gateway.Actors.Engine;
using Gateway.Actors.Kernel;
using Gateway.Actors.Policy;
using Gateway.Actors.Rooms;
using Gateway.Protocol;
using Gateway.Protocol.Outbound;
using Gateway.Protocol.WebSockets;

namespace Gateway.Actors.Connections;

internal sealed class ConnectionActor(NodeServices node, ConnectionsServices shared, OpenConnection open) : Actor
{
    /// <summary>How long after its time a client that was told to reconnect is served (the contract's number).</summary>
    private static readonly TimeSpan LeaveNodeSlack = TimeSpan.FromSeconds(2);

    private readonly ConnectionCore _core = new(node, open.Request, node.Ids.NextConnection());
    private readonly ConnectionPort _port = open.Port;
    private readonly Heartbeat _heartbeat = new(node.Options);
    private ConnectionRooms _rooms = null!;
    private Conversation _conversation = null!;
    private Admission _admission = null!;
    private Publisher _publisher = null!;
    private SessionTaken? _taken;

    protected override void PreStart()
    {
        _publisher = new Publisher(_core, Self);
        _rooms = new ConnectionRooms(_core, shared.Rooms, Self);
        _admission = new Admission(_core, shared, _rooms, Context);
        _conversation = new Conversation(_core, _port, _rooms, _publisher, _admission, Context);
        _port.Attach(Self);
        Beat();
        if (open.Request.Identity is { } identity)
            _conversation.Await(_admission.Enter(identity, open.Request.Session, null));
        else
            Context.Timers.StartSingle(
                ConnectionTimer.AuthDeadline, ConnectionTimer.AuthDeadline, TimeSpan.FromMilliseconds(node.Options.AuthTimeoutMs));
    }

    protected override void Receive(object message)
    {
        switch (message)
        {
            case InputReady: break;
            case ClientPublication publication: _publisher.OnCompleted(publication); break;
            case AckDue due: _core.Reply(due.Ack); break;
            case SinkHasRoom: _rooms.OnSinkHasRoom(); break;
            case ConnectionTimer timer: OnTimer(timer); break;
            case SocketClosed: _core.MarkClosed(); break;
            case EngineNotice notice: OnNotice(notice); break;
            case Tell tell: _core.Reply(tell.Message); break;
            case LeaveNode leave: OnLeaveNode(leave); break;
            case DependencyThrew threw: throw new InvalidOperationException("A dependency threw where its rules forbid it.", threw.Error);
            default: OnAnswer(message); break;
        }

        if (!_core.IsClosing)
            _conversation.GoOn();
        if (_core.IsClosing)
            Context.Stop(Self);
    }

    protected override void PostStop()
    {
        // Only a fault of ours comes here without having closed: the client is told, and nobody else is touched.
        _core.Close(CloseCode.InternalError, "internal error");
        _port.End();
        _rooms.DropAll();
        _admission.Leave();
    }

    /// <summary>Something that a command, or the agenda, waited for.</summary>
    private void OnAnswer(object message)
    {
        switch (message)
        {
            case RoomJoined joined when _rooms.OnJoined(joined): _conversation.Answered(); break;
            case RoomJoined: break;
            case JoinRefused refused when _rooms.OnRefused(refused): _conversation.Answered(); break;
            case JoinRefused: break;
            case RoomLeft left: _rooms.OnLeft(left); _conversation.Answered(); break;
            case RoomLost lost: OnRoomLost(lost); break;
            case SessionOpened opened: _conversation.Answered(); _conversation.PlanFirst(_admission.OnOpened(opened)); LeaveIfTaken(); break;
            case SessionClaimed claimed: _conversation.Answered(); _conversation.Plan(_admission.OnClaimed(claimed)); LeaveIfTaken(); break;
            case TokenChecked token: _conversation.Answered(); _conversation.Await(_admission.OnToken(token)); break;
            case CommandAnswered answer: _conversation.Answered(); _conversation.OnRead(answer); break;
            default: Unhandled(message); break;
        }
    }

    private void OnTimer(ConnectionTimer timer)
    {
        if (timer == ConnectionTimer.Heartbeat)
            Beat();
        else if (timer == ConnectionTimer.AuthDeadline && _core.Identity is null)
            _core.Close(CloseCode.Unauthorized, "no auth in time");
        else if (timer == ConnectionTimer.TokenExpiring || timer == ConnectionTimer.TokenExpired)
            _admission.CheckToken();
        else if (timer == ConnectionTimer.LeaveNode)
            _core.Close(CloseCode.Restarting, "this node is being restarted");
        else if (timer == ConnectionTimer.Overdue)
            _conversation.OnOverdue();
    }

    private void Beat()
    {
        var (action, next) = _heartbeat.Check(
            _port.Input is null ? _port.LastHeard : node.Time.GetTimestamp(), _core.Request.Sink.StuckSince, node.Time.GetTimestamp(), node.Time);
        switch (action)
        {
            case HeartbeatAction.PeerSilent:
                _core.Close(CloseCode.HeartbeatTimeout, "nothing heard for too long");
                return;
            case HeartbeatAction.PeerStuck:
                _core.Close(CloseCode.TooSlow, "nothing could be written for too long");
                return;
            case HeartbeatAction.Ping:
                var ping = FrameBatch.Rent();
                ping.BeginFrame();
                ping.EndFrame(Opcode.Ping);
                _core.Request.Sink.Send(ping, SinkLane.Urgent);
                ping.Release();
                break;
        }

        Context.Timers.StartSingle(ConnectionTimer.Heartbeat, ConnectionTimer.Heartbeat, next);
    }

    private void OnNotice(EngineNotice notice)
    {
        switch (notice)
        {
            case SessionTaken taken:
                _taken = taken;
                LeaveIfTaken();
                break;
            case UserExpelled expelled when expelled.UserId == _core.Identity?.UserId:
                _admission.LoseSession();
                _core.Close(CloseCode.Disconnected, "disconnected by the backend");
                break;
            case MemberAdmitted admitted:
                _conversation.Plan([new JoinItem(admitted.Room, ReplayFrom.Default, Silent: false, null, Admitted: true)]);
                break;
            case MemberRemoved removed:
                _conversation.Unplan(removed.Room);
                _rooms.OnRemoved(removed.Room);
                break;
        }
    }

    /// <summary>The word of it may have overtaken the answer that gave the session to this connection.</summary>
    private void LeaveIfTaken()
    {
        if (_taken is not { } taken || _core.Session is not { } session || session.Id != taken.SessionId || session.Fence >= taken.Fence)
            return;
        _admission.LoseSession();
        _core.Close(CloseCode.ResumedElsewhere, "this session was resumed elsewhere");
    }

    private void OnRoomLost(RoomLost lost)
    {
        if (!_core.Rooms.TryGetValue(lost.Room, out var membership))
            return;
        var replay = membership.Handle.Policy.Mode == RoomMode.Log
            ? new ReplayFrom(lost.Position, lost.Epoch, null)
            : ReplayFrom.Nothing;
        _conversation.Plan([new JoinItem(lost.Room, replay, Silent: true, null, membership.Admitted, lost.Acks)]);
    }

    private void OnLeaveNode(LeaveNode leave)
    {
        _core.Reply(new Reconnect(leave.AfterMs));
        Context.Timers.StartSingle(
            ConnectionTimer.LeaveNode, ConnectionTimer.LeaveNode, TimeSpan.FromMilliseconds(leave.AfterMs) + LeaveNodeSlack);
    }
}
